"""The life of a model after training: put in use by its gates, compared with another, exported."""
