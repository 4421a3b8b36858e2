"""The report: computed in ``data``, laid out in ``document``, printed by ``terminal``, written by ``json_form``."""
