"""From entries to alerts: detector, task, and the pipeline of one worker."""
