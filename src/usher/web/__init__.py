"""Layout, components and static files. No rules of the business."""
