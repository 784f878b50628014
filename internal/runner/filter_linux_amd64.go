package runner

import "golang.org/x/sys/unix"

// Calls of this architecture's past, each of which newer calls replace.
var (
	oldAttributes = []uint32{unix.SYS_CHMOD, unix.SYS_UTIME, unix.SYS_UTIMES, unix.SYS_FUTIMESAT}
	oldOwners     = []uint32{unix.SYS_CHOWN, unix.SYS_LCHOWN}
)
