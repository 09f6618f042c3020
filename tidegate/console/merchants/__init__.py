"""The book of merchants, one merchant's dossier, and the rating board of a month."""
