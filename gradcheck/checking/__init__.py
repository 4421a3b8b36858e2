"""What ``gradcheck.check`` is made of: probes → batches → expected gradients → verdicts → findings."""
