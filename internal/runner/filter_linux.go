package runner

import (
	"fmt"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Offsets in struct seccomp_data.
const (
	dataCall  = 0
	dataArch  = 4
	dataFirst = 16 // low half of argument 0, on a little-endian machine; each argument takes 8
)

const x32Bit = 0x40000000

// filterKnown says whether calls can be filtered on this architecture.
func filterKnown() bool { return auditArch() != 0 }

func auditArch() uint32 {
	switch runtime.GOARCH {
	case "amd64":
		return unix.AUDIT_ARCH_X86_64
	case "arm64":
		return unix.AUDIT_ARCH_AARCH64
	}
	return 0
}

// filterCalls closes what Landlock leaves open, for this thread and whatever it
// starts:
//
//   - Unix sockets: through one a function could ask the session bus, an init
//     system or a container engine to run a program outside the sandbox. A
//     socket pair (what Node and Python use for pipes) stays.
//   - leaving the process group: setsid and setpgid pretend to succeed, so that
//     programs that detach a child work and killing the group still ends it. The
//     one setpgid that makes the group carries cookie in the half of its
//     argument that the kernel ignores; a wrong guess ends the guesser.
//   - modes, times and owners of files, which Landlock does not guard: the
//     function runs as the server's user, who owns the data folder and perhaps a
//     whole home. chmod and utime pretend to succeed, because programs that copy
//     files insist on them; what is to be executable is created so. chown and
//     extended attributes are refused.
//   - limits, priority and processors of other processes, the server's among
//     them. The one prlimit that limits the function carries cookie, too.
//   - watching folders, which would show the names in closed ones.
//   - System V and POSIX message queues, semaphores and shared memory, and
//     memory files: what they hold outlives the function, belongs to every
//     process of the user, or counts for nobody's memory limit.
//   - new namespaces, kernel keyrings, io_uring (which makes sockets of its
//     own), and kernel interfaces that a function has no use for.
func filterCalls(cookie uint32) error {
	program := callFilter(cookie)
	prog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&prog)))
	runtime.KeepAlive(program)
	if errno != 0 {
		return fmt.Errorf("seccomp: %w", errno)
	}
	return nil
}

func callFilter(cookie uint32) []unix.SockFilter {
	const (
		allow = uint32(unix.SECCOMP_RET_ALLOW)
		kill  = uint32(unix.SECCOMP_RET_KILL_PROCESS)
		fake  = uint32(unix.SECCOMP_RET_ERRNO) // errno 0: nothing is done, and it looks done
	)
	refuse := func(e syscall.Errno) uint32 { return uint32(unix.SECCOMP_RET_ERRNO) | uint32(e) }
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	ret := func(k uint32) unix.SockFilter { return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k} }
	jump := func(code uint16, k uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | code | unix.BPF_K, K: k, Jt: yes, Jf: no}
	}
	argument := func(n uint32) uint32 { return dataFirst + 8*n }

	f := []unix.SockFilter{
		load(dataArch),
		jump(unix.BPF_JEQ, auditArch(), 1, 0),
		ret(kill), // another architecture's numbers mean other calls
		load(dataCall),
		jump(unix.BPF_JGE, x32Bit, 0, 1),
		ret(refuse(syscall.ENOSYS)),
	}
	// on adds a block for one call: it ends in a verdict and leaves the call number loaded for the next.
	on := func(call uint32, block ...unix.SockFilter) {
		f = append(f, jump(unix.BPF_JEQ, call, 0, uint8(len(block))))
		f = append(f, block...)
	}
	on(unix.SYS_SOCKET,
		load(argument(0)),
		jump(unix.BPF_JEQ, unix.AF_INET, 3, 0),
		jump(unix.BPF_JEQ, unix.AF_INET6, 2, 0),
		jump(unix.BPF_JEQ, unix.AF_NETLINK, 1, 0), // lists the machine's addresses
		ret(refuse(syscall.EAFNOSUPPORT)),
		ret(allow))
	on(unix.SYS_SOCKETPAIR, // a pair of datagram sockets could be pointed elsewhere
		load(argument(1)),
		unix.SockFilter{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: 0xf},
		jump(unix.BPF_JEQ, unix.SOCK_DGRAM, 0, 1),
		ret(refuse(syscall.EPROTONOSUPPORT)),
		ret(allow))
	on(unix.SYS_SETPGID,
		load(argument(1)+4),
		jump(unix.BPF_JEQ, cookie, 0, 1),
		ret(allow),
		jump(unix.BPF_JEQ, 0, 0, 1),
		ret(fake),
		ret(kill))
	on(unix.SYS_SETSID, ret(fake))
	on(unix.SYS_PRLIMIT64,
		load(argument(0)),
		jump(unix.BPF_JEQ, 0, 2, 0), // its own
		load(argument(1)+4),
		jump(unix.BPF_JEQ, cookie, 0, 1),
		ret(allow),
		ret(refuse(syscall.EPERM)))
	own := func(n uint32) []unix.SockFilter { // argument n is 0: the caller itself
		return []unix.SockFilter{load(argument(n)), jump(unix.BPF_JEQ, 0, 0, 1), ret(allow), ret(refuse(syscall.EPERM))}
	}
	for _, call := range []uint32{unix.SYS_SCHED_SETAFFINITY, unix.SYS_SCHED_SETATTR, unix.SYS_SCHED_SETPARAM, unix.SYS_SCHED_SETSCHEDULER} {
		on(call, own(0)...)
	}
	for call, process := range map[uint32]uint32{unix.SYS_SETPRIORITY: unix.PRIO_PROCESS, unix.SYS_IOPRIO_SET: ioprioProcess} {
		on(call, append([]unix.SockFilter{load(argument(0)), jump(unix.BPF_JEQ, process, 1, 0), ret(refuse(syscall.EPERM))}, own(1)...)...)
	}
	on(unix.SYS_CLONE,
		load(argument(0)),
		jump(unix.BPF_JSET, namespaces, 0, 1),
		ret(refuse(syscall.EPERM)),
		ret(allow))
	on(unix.SYS_CLONE3, ret(refuse(syscall.ENOSYS))) // its flags are out of sight; libraries fall back to clone
	for _, call := range append([]uint32{unix.SYS_FCHMOD, unix.SYS_FCHMODAT, unix.SYS_FCHMODAT2, unix.SYS_UTIMENSAT}, oldAttributes...) {
		on(call, ret(fake))
	}
	for _, call := range append([]uint32{unix.SYS_FCHOWN, unix.SYS_FCHOWNAT}, oldOwners...) {
		on(call, ret(refuse(syscall.EPERM)))
	}
	for _, call := range []uint32{unix.SYS_SETXATTR, unix.SYS_LSETXATTR, unix.SYS_FSETXATTR, unix.SYS_SETXATTRAT, unix.SYS_REMOVEXATTR,
		unix.SYS_LREMOVEXATTR, unix.SYS_FREMOVEXATTR, unix.SYS_REMOVEXATTRAT, unix.SYS_FILE_SETATTR} {
		on(call, ret(refuse(syscall.EOPNOTSUPP)))
	}
	for _, call := range []uint32{unix.SYS_INOTIFY_ADD_WATCH, unix.SYS_FANOTIFY_INIT} {
		on(call, ret(refuse(syscall.EACCES)))
	}
	for _, call := range []uint32{unix.SYS_SHMGET, unix.SYS_SHMAT, unix.SYS_SHMCTL, unix.SYS_MSGGET, unix.SYS_MSGSND, unix.SYS_MSGRCV, unix.SYS_MSGCTL,
		unix.SYS_SEMGET, unix.SYS_SEMOP, unix.SYS_SEMTIMEDOP, unix.SYS_SEMCTL, unix.SYS_MQ_OPEN, unix.SYS_MQ_UNLINK,
		unix.SYS_MEMFD_CREATE, unix.SYS_MEMFD_SECRET} {
		on(call, ret(refuse(syscall.ENOSYS)))
	}
	for _, call := range []uint32{unix.SYS_UNSHARE, unix.SYS_SETNS, unix.SYS_KEYCTL, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY,
		unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD} {
		on(call, ret(refuse(syscall.EPERM)))
	}
	for _, call := range []uint32{unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER} {
		on(call, ret(refuse(syscall.ENOSYS)))
	}
	return append(f, ret(allow))
}

const ioprioProcess = 1 // IOPRIO_WHO_PROCESS, not of a group or a user

const namespaces = unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWPID | unix.CLONE_NEWIPC |
	unix.CLONE_NEWUTS | unix.CLONE_NEWCGROUP
