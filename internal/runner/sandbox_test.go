package runner_test

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/runner"
)

type said struct{ Got, Refused, Output string }

type environment struct {
	Env []string `json:"env"`
	CWD string   `json:"cwd"`
	FDs []string `json:"fds"`
}

func TestTheEnvironmentIsClean(t *testing.T) {
	t.Setenv("SALLYPORT_ROOT_SECRET_ACCESS_KEY", "the server's own")
	inherited, err := os.Open("/etc/hostname") // close-on-exec, as Go opens files
	if err != nil {
		t.Fatal(err)
	}
	defer inherited.Close()
	r := open(t, nil)
	f := function("env")
	f.Environment = map[string]string{"TABLE": "pizzas", "AWS_LAMBDA_FUNCTION_NAME": "forged", "TZ": "Europe/Berlin"}
	got := answerOf[environment](t, ask(t, r, f, `{"do":"env"}`))
	values := map[string]string{}
	for _, e := range got.Env {
		k, v, _ := strings.Cut(e, "=")
		values[k] = v
	}
	allowed := []string{"TABLE", "TZ", "LANG", "PATH", "LD_LIBRARY_PATH", "AWS_ENDPOINT_URL", "AWS_LAMBDA_FUNCTION_NAME",
		"AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
		"AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_RUNTIME_API", "AWS_REGION", "AWS_DEFAULT_REGION", "LAMBDA_TASK_ROOT",
		"LAMBDA_RUNTIME_DIR", "_HANDLER", "HOME", "TMPDIR", "_X_AMZN_TRACE_ID"}
	for k, v := range values {
		if !slices.Contains(allowed, k) {
			t.Errorf("%s=%s leaked", k, v)
		}
	}
	for k, want := range map[string]string{"TABLE": "pizzas", "TZ": "Europe/Berlin", "AWS_LAMBDA_FUNCTION_NAME": "hello", "AWS_REGION": "us-east-1",
		"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "LAMBDA_TASK_ROOT": goFunction, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256"} {
		if values[k] != want {
			t.Errorf("%s = %q, want %q", k, values[k], want)
		}
	}
	if got.CWD != goFunction {
		t.Errorf("works in %s", got.CWD)
	}
	for _, fd := range got.FDs {
		n, to, _ := strings.Cut(fd, " ")
		ok := to == "" || n == "0" && to == "/dev/null" || (n == "1" || n == "2") && strings.HasPrefix(to, "pipe:") ||
			strings.HasPrefix(to, "socket:") || strings.HasPrefix(to, "anon_inode:") || strings.HasPrefix(to, "/proc/") || strings.HasPrefix(to, "/sys/fs/cgroup/") // to == "": closed since
		if !ok {
			t.Errorf("descriptor %s leaked", fd)
		}
	}
}

func TestWhatAFunctionCannotReach(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Log("the sandbox is Linux's")
		return
	}
	home := t.TempDir() // the data folder: database, keys, other functions
	for _, d := range []string{"functions/other", "keys"} {
		if err := os.MkdirAll(filepath.Join(home, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	secret := filepath.Join(home, "keys", "master")
	if err := os.WriteFile(secret, []byte("key"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := open(t, func(c *runner.Config) { c.Dir = filepath.Join(home, "runner") })
	other := function("other")
	other.Environment = map[string]string{"PASSWORD": "hunter2"}
	neighbour := answerOf[environment](t, ask(t, r, other, `{"do":"env"}`))
	var theirTemp, theirAPI string
	for _, e := range neighbour.Env {
		if v, ok := strings.CutPrefix(e, "TMPDIR="); ok {
			theirTemp = v
		}
		if v, ok := strings.CutPrefix(e, "AWS_LAMBDA_RUNTIME_API="); ok {
			theirAPI = v
		}
	}
	neighbourPID := answerOf[who](t, ask(t, r, other, `{"do":"who"}`)).PID
	them := itoa(neighbourPID)
	us := itoa(os.Getpid())
	if err := os.Chmod(home, 0o700); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	abstract, err := net.Listen("unix", "@sallyport-runner-test-"+us)
	if err != nil {
		t.Fatal(err)
	}
	defer abstract.Close()

	f := function("attacker")
	for name, payload := range map[string]string{
		"the master key":                  `{"do":"read","path":"` + secret + `"}`,
		"the data folder":                 `{"do":"list","path":"` + home + `"}`,
		"the root's list":                 `{"do":"list","path":"/"}`,
		"the home folder":                 `{"do":"list","path":"/root"}`,
		"/tmp":                            `{"do":"list","path":"/tmp"}`,
		"a neighbour's files":             `{"do":"list","path":"` + theirTemp + `"}`,
		"a neighbour's files by /proc":    `{"do":"list","path":"/proc/` + them + `/cwd/"}`,
		"a neighbour's environment":       `{"do":"read","path":"/proc/` + them + `/environ"}`,
		"a neighbour's memory":            `{"do":"read","path":"/proc/` + them + `/mem"}`,
		"a neighbour's descriptors":       `{"do":"run","args":["readlink","/proc/` + them + `/fd/1"]}`,
		"the server's environment":        `{"do":"read","path":"/proc/` + us + `/environ"}`,
		"the server's files by /proc":     `{"do":"list","path":"/proc/` + us + `/root/root"}`,
		"the server's descriptors":        `{"do":"run","args":["readlink","/proc/` + us + `/fd/1"]}`,
		"shadow":                          `{"do":"read","path":"/etc/shadow"}`,
		"/etc":                            `{"do":"list","path":"/etc"}`,
		"writing its own code":            `{"do":"write","path":"` + goFunction + `/x","value":"x"}`,
		"writing over its own code":       `{"do":"write","path":"` + goFunction + `/bootstrap","value":"x"}`,
		"writing /tmp":                    `{"do":"write","path":"/tmp/sallyport-escaped","value":"x"}`,
		"writing a system folder":         `{"do":"write","path":"/usr/local/bin/sallyport-escaped","value":"x"}`,
		"writing /proc":                   `{"do":"write","path":"/proc/sys/kernel/hostname","value":"x"}`,
		"a neighbour's Runtime API":       `{"do":"get","path":"http://` + theirAPI + `/2018-06-01/runtime/invocation/next"}`,
		"signals to the server":           `{"do":"signal","n":` + us + `}`,
		"signals to a neighbour":          `{"do":"signal","n":` + them + `}`,
		"signals to the server's parent":  `{"do":"signal","n":` + itoa(os.Getppid()) + `}`,
		"Unix sockets":                    `{"do":"unixsocket","path":"` + socket + `"}`,
		"abstract Unix sockets":           `{"do":"unixsocket","path":"@sallyport-runner-test-` + us + `"}`,
		"the limits of the server":        `{"do":"run","args":["prlimit","--pid","` + us + `","--cpu=100000"]}`,
		"the limits of a neighbour":       `{"do":"run","args":["prlimit","--pid","` + them + `","--nofile=900"]}`,
		"limits above its own":            `{"do":"run","args":["sh","-c","ulimit -f unlimited"]}`,
		"the priority of the server":      `{"do":"run","args":["renice","-n","19","-p","` + us + `"]}`,
		"the processors of the server":    `{"do":"run","args":["taskset","-p","1","` + us + `"]}`,
		"the disk priority of the server": `{"do":"run","args":["ionice","-c","3","-p","` + us + `"]}`,
		"the owner of a file":             `{"do":"run","args":["chown","` + itoa(os.Getuid()) + `","` + secret + `"]}`,
		"shared memory that outlives it":  `{"do":"run","args":["ipcmk","-M","4096"]}`,
		"a queue that outlives it":        `{"do":"run","args":["ipcmk","-Q"]}`,
		"a namespace of its own":          `{"do":"run","args":["unshare","-r","true"]}`,
		"another user":                    `{"do":"run","args":["setpriv","--reuid","65534","--clear-groups","true"]}`,
		"mounting":                        `{"do":"run","args":["mount","-t","tmpfs","x","/mnt"]}`,
		"a device":                        `{"do":"run","args":["sh","-c","mknod $TMPDIR/m c 1 1"]}`,
		"a link to a file that is closed": `{"do":"run","args":["sh","-c","ln -s ` + secret + ` $TMPDIR/l && cat $TMPDIR/l"]}`,
	} {
		t.Run(name, func(t *testing.T) {
			if got := answerOf[said](t, ask(t, r, f, payload)); got.Refused == "" {
				t.Errorf("reached: %.100q", got.Got)
			}
		})
	}
	// The same function may do what functions do.
	for name, payload := range map[string]string{
		"its own code":                 `{"do":"list","path":"` + goFunction + `"}`,
		"the hosts file":               `{"do":"read","path":"/etc/hosts"}`,
		"copying with modes and times": `{"do":"run","args":["sh","-c","cp -p ` + goFunction + `/bootstrap $TMPDIR/b && rm $TMPDIR/b"]}`,
		"a program of its own":         `{"do":"run","args":["sh","-c","cp /bin/true $TMPDIR/t && $TMPDIR/t"]}`,
		"being nice":                   `{"do":"run","args":["nice","-n","5","true"]}`,
		"its own limits":               `{"do":"run","args":["sh","-c","ulimit -n 100 && test $(ulimit -n) = 100"]}`,
		"its own /proc":                `{"do":"read","path":"/proc/self/environ"}`,
		"its own folder":               `{"do":"run","args":["sh","-c","cd $TMPDIR && mkdir -p d && echo 1 > d/f && mv d/f g && rm -r d g"]}`,
		"/dev/null":                    `{"do":"write","path":"/dev/null","value":"x"}`,
		"a pipe of a shell":            `{"do":"run","args":["sh","-c","echo 1 | cat"]}`,
	} {
		t.Run("but "+name, func(t *testing.T) {
			if got := answerOf[said](t, ask(t, r, f, payload)); got.Refused != "" {
				t.Errorf("refused: %s %s", got.Refused, got.Output)
			}
		})
	}
	// What pretends to succeed does nothing.
	for name, payload := range map[string]string{
		"chmod":               `{"do":"run","args":["chmod","666","` + secret + `"]}`,
		"chmod of the folder": `{"do":"run","args":["chmod","777","` + home + `"]}`,
		"touch":               `{"do":"run","args":["touch","-c","-d","2001-01-01","` + secret + `"]}`,
	} {
		before := attributes(t, secret, home)
		ask(t, r, f, payload)
		if after := attributes(t, secret, home); after != before {
			t.Errorf("%s went through: %s, was %s", name, after, before)
		}
	}
	if got := answerOf[said](t, ask(t, r, f, `{"do":"read","path":"/proc/self/oom_score_adj"}`)); got.Got != "1000\n" {
		t.Errorf("when memory runs out: %+v", got)
	}
	if got := answerOf[said](t, ask(t, r, f, `{"do":"run","args":["sh","-c","ulimit -n; ulimit -f; ulimit -c"]}`)); got.Got != "1024\n1048576\n0\n" {
		t.Errorf("limits: %q", got.Got)
	}
	// The neighbour was not disturbed. A busy machine may have started a second one.
	if res := ask(t, r, other, `{"do":"who"}`); res.FunctionError != "" || !alive(neighbourPID) {
		t.Errorf("the neighbour: %s, %d runs: %t", res.Payload, neighbourPID, alive(neighbourPID))
	}
}

// attributes are modes and times of files.
func attributes(t *testing.T, paths ...string) string {
	t.Helper()
	var list string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		list += info.Mode().String() + info.ModTime().String() + " "
	}
	return list
}

func TestChildrenOfAFunctionEndWithIt(t *testing.T) {
	r := open(t, nil)
	for _, how := range []string{"", "setsid"} {
		f := function("spawns" + how)
		children := answerOf[[]int](t, ask(t, r, f, `{"do":"spawn","value":"`+how+`"}`))
		ask(t, r, f, `{"do":"exit","n":1}`)
		for _, pid := range children {
			eventually(t, "the end of "+itoa(pid), func() bool { return !alive(pid) })
		}
	}
}

func TestAFolderThatFunctionsMayReadIsRefused(t *testing.T) {
	if runtime.GOOS != "linux" {
		return
	}
	dir := t.TempDir()
	if _, err := runner.New(runner.Config{Dir: filepath.Join(dir, "data"), ReadPaths: []string{dir}}); err == nil {
		t.Error("taken")
	}
}

func TestFilesOfAnEndedProcessAreRemoved(t *testing.T) {
	dir := t.TempDir()
	r := open(t, func(c *runner.Config) { c.Dir = dir })
	f := function("litters")
	answerOf[said](t, ask(t, r, f, `{"do":"run","args":["sh","-c","mkdir -p $TMPDIR/a/b && touch $TMPDIR/a/b/c && umask 777 && mkdir $TMPDIR/a/closed"]}`))
	r.Retire(f.ID)
	eventually(t, "the removal of its folder", func() bool {
		left, _ := filepath.Glob(filepath.Join(dir, "run-*", "tmp", "*"))
		return len(left) == 0
	})
}
