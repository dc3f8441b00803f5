"""The console: Flask-Admin views, thin."""
