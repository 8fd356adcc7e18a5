"""The pages where users manage their own second factors."""
