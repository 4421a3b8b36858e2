"""The known mistakes, each as a loss that makes it: what ``check`` compares a wrong loss with, to name its cause."""
