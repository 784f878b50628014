package runner

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sandbox restricts the thread that starts a process, and so the process.
type sandbox struct {
	abi   int // of Landlock; 0: there is none
	reads []string
}

// startRequest is one process to start.
type startRequest struct {
	program    program
	dir        string // the function's code
	temp       string
	bootstraps string
	env        []string
	files      []*os.File
}

func newSandbox(reads []string) sandbox {
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		abi = 0
	}
	return sandbox{abi: int(abi), reads: reads}
}

// state names what the kernel cannot enforce.
func (s sandbox) state() (bool, string) {
	var lacks []string
	switch {
	case s.abi < 1:
		return false, "this kernel has no Landlock (Linux 5.13, enabled in CONFIG_LSM or lsm=): functions can read what the server's user can"
	case s.abi < 3:
		lacks = append(lacks, "files elsewhere can be truncated before Linux 6.2")
	}
	if s.abi < 6 {
		lacks = append(lacks, "signals to other processes of the user pass before Linux 6.12")
	}
	if !filterKnown() {
		lacks = append(lacks, "system calls are not filtered on "+runtime.GOARCH)
	}
	return true, strings.Join(lacks, "; ")
}

// start runs a process and calls started on the same thread, which returns
// when the process has ended. The thread then ends too: nobody can lift a
// restriction from a thread, and the parent-death signal of the process is
// tied to it.
func (s sandbox) start(q startRequest, started func(*os.Process, error)) {
	done := make(chan struct{})
	var onThread func()
	onThread = func() {
		runtime.LockOSThread() // never unlocked
		if unix.Gettid() == unix.Getpid() {
			// The main thread cannot end; while it is held here, this runs elsewhere.
			again := make(chan struct{})
			go func() { defer close(again); onThread() }()
			<-again
			runtime.UnlockOSThread()
			return
		}
		defer close(done)
		started(s.startHere(q))
	}
	go onThread()
	<-done
}

func (s sandbox) startHere(q startRequest) (*os.Process, error) {
	// Descriptors that the server itself inherited have no close-on-exec flag.
	if err := unix.CloseRange(3, ^uint(0)>>1&0xffffffff, unix.CLOSE_RANGE_CLOEXEC); err != nil && err != syscall.ENOSYS {
		return nil, fmt.Errorf("close inherited descriptors: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return nil, fmt.Errorf("no_new_privs: %w", err)
	}
	if s.abi > 0 {
		if err := s.restrictFiles(q); err != nil {
			return nil, err
		}
	}
	if err := dropCapabilities(); err != nil {
		return nil, err
	}
	sys := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	var cookie uint32
	if filterKnown() {
		var random [4]byte
		_, _ = rand.Read(random[:]) // never fails
		cookie = binary.LittleEndian.Uint32(random[:])>>1 | 1
		if err := filterCalls(cookie); err != nil {
			return nil, err
		}
		// See filterCalls: only this call may make a process group, and only the prlimits below reach the process.
		sys.Pgid = int(uint64(cookie) << 32)
	}
	p, err := os.StartProcess(q.program.argv[0], q.program.argv, &os.ProcAttr{Dir: q.dir, Env: q.env, Files: q.files, Sys: sys})
	if err != nil {
		return nil, err
	}
	none := unix.Rlimit{}
	files := unix.Rlimit{Cur: 1024, Max: 1024}          // as on AWS
	size := unix.Rlimit{Cur: 512 << 20, Max: 512 << 20} // one file, as much as AWS's /tmp holds
	for resource, limit := range map[int]*unix.Rlimit{
		unix.RLIMIT_CORE:   &none, // a core would hold the function's secrets
		unix.RLIMIT_NOFILE: &files,
		unix.RLIMIT_FSIZE:  &size,
	} {
		_, _, errno := unix.RawSyscall6(unix.SYS_PRLIMIT64, uintptr(p.Pid), uintptr(uint64(cookie)<<32|uint64(resource)), uintptr(unsafe.Pointer(limit)), 0, 0, 0)
		if errno != 0 {
			_ = p.Kill()
			_, _ = p.Wait()
			return nil, fmt.Errorf("limit the process: %w", errno)
		}
	}
	return p, nil
}

const (
	accessRead  = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	accessRun   = accessRead | unix.LANDLOCK_ACCESS_FS_EXECUTE
	accessWrite = accessRun | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE |
		unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE | unix.LANDLOCK_ACCESS_FS_MAKE_DIR |
		unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_MAKE_SYM | unix.LANDLOCK_ACCESS_FS_MAKE_FIFO |
		unix.LANDLOCK_ACCESS_FS_MAKE_SOCK | unix.LANDLOCK_ACCESS_FS_REFER
	accessDevice = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE
	// A rule for a file, not a folder, may name no more than these.
	accessFile = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE |
		unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE | unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
)

// systemFolders hold programs, not people's data.
var systemFolders = []string{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store"}

// systemFiles are what name lookup, TLS, time zones, the dynamic linker and
// language runtimes read. /etc as a whole is not among them: it holds keys.
var systemFiles = []string{
	"/etc/alternatives", "/etc/ca-certificates", "/etc/crypto-policies", "/etc/gai.conf", "/etc/group", "/etc/host.conf",
	"/etc/hosts", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/ld.so.preload", "/etc/locale.alias",
	"/etc/localtime", "/etc/mime.types", "/etc/nsswitch.conf", "/etc/os-release", "/etc/passwd",
	"/etc/pki/ca-trust", "/etc/pki/tls/cert.pem", "/etc/pki/tls/certs", "/etc/protocols", "/etc/python3",
	"/etc/resolv.conf", "/run/systemd/resolve", "/etc/services", "/etc/ssl/certs", "/etc/ssl/cert.pem", "/etc/ssl/openssl.cnf",
	"/etc/timezone", "/proc", "/sys/devices/system/cpu", "/sys/fs/cgroup", "/sys/kernel/mm/transparent_hugepage",
}

var devices = []string{"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}

// readable names the folder that makes dir readable to every function, if any.
func (s sandbox) readable(dir string) string {
	for _, open := range append(append([]string(nil), systemFolders...), s.reads...) {
		if real, err := filepath.EvalSymlinks(open); err == nil && (dir == real || strings.HasPrefix(dir, strings.TrimSuffix(real, "/")+"/")) {
			return open
		}
	}
	return ""
}

// restrictFiles leaves the thread only what a function may touch.
func (s sandbox) restrictFiles(q startRequest) error {
	attr := unix.LandlockRulesetAttr{Handled_access_fs: handledBy(s.abi)}
	if s.abi >= 6 {
		attr.Scoped = unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | unix.LANDLOCK_SCOPE_SIGNAL
	}
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr), 0)
	if errno != 0 {
		return fmt.Errorf("landlock: make a ruleset: %w", errno)
	}
	ruleset := int(fd)
	defer unix.Close(ruleset)
	type rule struct {
		paths  []string
		access uint64
	}
	for _, r := range []rule{
		{systemFolders, accessRun},
		{systemFiles, accessRead},
		{devices, accessDevice},
		{s.reads, accessRun},
		{q.program.reads, accessRun},
		{[]string{q.dir}, accessRun},
		{[]string{q.bootstraps}, accessRead},
		{[]string{q.temp}, accessWrite},
	} {
		for _, path := range r.paths {
			if err := allow(ruleset, path, r.access&attr.Handled_access_fs); err != nil {
				return err
			}
		}
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, uintptr(ruleset), 0, 0); errno != 0 {
		return fmt.Errorf("landlock: restrict: %w", errno)
	}
	return nil
}

// handledBy is every file right that an ABI knows: what is not handled is allowed.
func handledBy(abi int) uint64 {
	rights := uint64(unix.LANDLOCK_ACCESS_FS_MAKE_SYM<<1 - 1)
	if abi >= 2 {
		rights |= unix.LANDLOCK_ACCESS_FS_REFER
	}
	if abi >= 3 {
		rights |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	if abi >= 5 {
		rights |= unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	}
	return rights
}

func allow(ruleset int, path string, access uint64) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil // what is not there needs no rule
	}
	defer unix.Close(fd)
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return fmt.Errorf("landlock: %s: %w", path, err)
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFDIR {
		access &= accessFile
	}
	attr := unix.LandlockPathBeneathAttr{Allowed_access: access, Parent_fd: int32(fd)}
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(ruleset), unix.LANDLOCK_RULE_PATH_BENEATH,
		uintptr(unsafe.Pointer(&attr)), 0, 0, 0)
	if errno != 0 {
		return fmt.Errorf("landlock: %s: %w", path, errno)
	}
	return nil
}

// dropCapabilities leaves a function of a privileged server none of its powers.
func dropCapabilities() error {
	for c := uintptr(0); c <= unix.CAP_LAST_CAP; c++ {
		err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0)
		if errors.Is(err, syscall.EPERM) {
			break // not privileged: there is nothing to bound
		}
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	if err := unix.Capset(&header, &none[0]); err != nil {
		return fmt.Errorf("drop capabilities: %w", err)
	}
	return nil
}

// Harden keeps other processes of the same user, functions among them, out of
// the server's memory, environment and descriptors, and stops it from leaving
// core files. Call it once, when the server starts.
func Harden() error {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("runner: make the server undumpable: %w", err)
	}
	return nil
}
