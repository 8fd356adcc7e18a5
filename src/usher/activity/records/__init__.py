"""Records of audit log events, which are their JSON as Asana sent it, once their month is over."""
