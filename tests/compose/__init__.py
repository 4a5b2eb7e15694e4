"""docker-compose.yml on a real engine, with stand-ins for the images that a machine without a registry cannot pull."""
