"""Why a loss is wrong."""
