//go:build unix

package runner

import (
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// killGroup ends a process group. The caller knows that its number is still ours.
func killGroup(pid int) { _ = unix.Kill(-pid, unix.SIGKILL) }

// awaitExit returns when the process has ended, and leaves it to be waited
// for: until then its number stays taken.
func awaitExit(p *os.Process) {
	const (
		waitPid   = 1 // P_PID
		siginfoOf = 128
	)
	var info [siginfoOf / 8]uint64
	for {
		_, _, errno := unix.Syscall6(syscall.SYS_WAITID, waitPid, uintptr(p.Pid),
			uintptr(unsafe.Pointer(&info)), unix.WEXITED|unix.WNOWAIT, 0, 0)
		if errno != syscall.EINTR {
			return
		}
	}
}

// reapOrphans waits for children of the ended process that came to us, as they
// do when the server is the first process of a container. All were killed.
func reapOrphans(group int) {
	for {
		if _, err := unix.Wait4(-group, nil, 0, nil); err != nil && err != syscall.EINTR {
			return
		}
	}
}
