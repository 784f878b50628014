//go:build !linux

package main

import "os"

// wipeSecrets removes the named variables from the environment of this process
// and of what it starts.
func wipeSecrets(names []string) {
	for _, name := range names {
		_ = os.Unsetenv(name)
	}
}
