//go:build !unix

package main

import (
	"errors"
	"os"
)

// typing cannot be hidden here.
type typing struct{}

func isTTY(*os.File) bool { return false }

func hideTyping(*os.File) (*typing, error) { return nil, errors.New("not on this system") }

func (*typing) undo() {}
