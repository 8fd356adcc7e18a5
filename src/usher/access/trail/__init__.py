"""The trail: who signed in, failed to, was refused, exported, or looked at somebody's tasks."""
