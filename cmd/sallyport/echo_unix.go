//go:build unix

package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// typing is a terminal that shows nothing of what is typed.
type typing struct {
	file   *os.File
	before unix.Termios
}

func isTTY(file *os.File) bool {
	_, err := unix.IoctlGetTermios(int(file.Fd()), getTerminal)
	return err == nil
}

func hideTyping(file *os.File) (*typing, error) {
	now, err := unix.IoctlGetTermios(int(file.Fd()), getTerminal)
	if err != nil {
		return nil, err
	}
	t := &typing{file, *now}
	now.Lflag &^= unix.ECHO
	now.Lflag |= unix.ICANON | unix.ISIG
	return t, unix.IoctlSetTermios(int(file.Fd()), setTerminal, now)
}

func (t *typing) undo() { _ = unix.IoctlSetTermios(int(t.file.Fd()), setTerminal, &t.before) }
