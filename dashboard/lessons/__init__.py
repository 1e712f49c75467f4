"""The lecture, as data: texts and the links of what they are about."""
