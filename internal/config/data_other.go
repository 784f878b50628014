//go:build !darwin

package config

var dataBelowHome = []string{".local", "share", "sallyport"}
