"""How far the month's end is off, beside the run rate: generated months, forecast on their 5th, 10th, 15th and 20th."""
