package config

var dataBelowHome = []string{"Library", "Application Support", "sallyport"}
