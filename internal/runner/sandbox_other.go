//go:build !linux

package runner

import (
	"os"
	"runtime"
	"syscall"
)

// sandbox is nothing here: see the package comment.
type sandbox struct{}

// startRequest is one process to start.
type startRequest struct {
	program    program
	dir        string // the function's code
	temp       string
	bootstraps string
	env        []string
	files      []*os.File
}

func newSandbox([]string) sandbox { return sandbox{} }

func (sandbox) state() (bool, string) {
	return false, "on " + runtime.GOOS + " functions can read what the server's user can, and their memory is not limited: for development only"
}

func (sandbox) readable(string) string { return "" }

// start runs a process and calls started, which returns when it has ended.
func (sandbox) start(s startRequest, started func(*os.Process, error)) {
	started(os.StartProcess(s.program.argv[0], s.program.argv, &os.ProcAttr{
		Dir: s.dir, Env: s.env, Files: s.files, Sys: &syscall.SysProcAttr{Setpgid: true},
	}))
}

// Harden keeps other processes of the same user out of the server's memory
// and environment. It does nothing on this system.
func Harden() error { return nil }

func ownsSocket(int, int, int) (owned, stranger bool) { return true, false }

func memoryOf(int) int64 { return 0 }

func endFirst(int) {}

func groups() map[int]group { return nil }

func killOrphans(string) {}
