//go:build !amd64

package runner

var oldAttributes, oldOwners []uint32
