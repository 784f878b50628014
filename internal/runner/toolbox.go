package runner

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// program is what to execute for a function.
type program struct {
	argv  []string
	shown string   // the executable as AWS names it
	reads []string // what it needs to read and execute, beyond the system's folders
	path  string   // PATH
	env   map[string]string
}

const systemPath = "/usr/local/bin:/usr/bin:/bin"

// toolbox finds node and python3 on the server's PATH, once each.
type toolbox struct {
	path, home string
	log        *slog.Logger
	mu         sync.Mutex
	tools      map[string]*tool
	told       map[string]bool
}

// tool is a language runtime on this machine.
type tool struct {
	file    string // the real executable: PATH may name a shim
	version string // "22.3.0"
	reads   []string
}

func newToolbox(path, home string, log *slog.Logger) *toolbox {
	return &toolbox{path: path, home: home, log: log, tools: map[string]*tool{}, told: map[string]bool{}}
}

// The questions print: the executable, the version, and folders it reads, a line each.
var questions = map[string][]string{
	"node": {"-e", `console.log(process.execPath + "\n" + process.versions.node)`},
	"python3": {"-s", "-c", `import sys, sysconfig, os
p = sysconfig.get_path
print(os.path.realpath(sys.executable), sys.version.split()[0], p("stdlib"), p("platstdlib"), p("purelib"), p("platlib"),
      sysconfig.get_config_var("LIBDIR") or "", sep="\n")`},
}

// program says how to run f.
func (t *toolbox) program(f *Function, bootstraps string) (program, *startFailure) {
	switch {
	case strings.HasPrefix(f.Runtime, "provided"):
		file := filepath.Join(f.Dir, "bootstrap")
		info, err := os.Stat(file)
		if err != nil || !info.Mode().IsRegular() {
			return program{}, &startFailure{kind: "Runtime.InvalidEntrypoint",
				text: "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"}
		}
		return program{argv: []string{file}, shown: "/var/task/bootstrap", path: systemPath}, nil
	case strings.HasPrefix(f.Runtime, "nodejs"):
		tool, failed := t.find("node", f.Runtime, strings.TrimSuffix(strings.TrimPrefix(f.Runtime, "nodejs"), ".x"))
		if failed != nil {
			return program{}, failed
		}
		return program{
			// A heap below the limit lets V8 collect garbage before the limit ends it.
			shown: tool.file,
			argv:  []string{tool.file, "--max-old-space-size=" + strconv.Itoa(max(32, f.memoryMB()*9/10)), filepath.Join(bootstraps, "node.mjs")},
			reads: tool.reads,
			path:  filepath.Dir(tool.file) + ":" + systemPath,
		}, nil
	case strings.HasPrefix(f.Runtime, "python3"):
		tool, failed := t.find("python3", f.Runtime, strings.TrimPrefix(f.Runtime, "python"))
		if failed != nil {
			return program{}, failed
		}
		return program{
			shown: tool.file,
			argv:  []string{tool.file, "-s", "-B", filepath.Join(bootstraps, "python.py")},
			reads: tool.reads,
			path:  filepath.Dir(tool.file) + ":" + systemPath,
			env:   map[string]string{"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"},
		}, nil
	}
	return program{}, &startFailure{kind: "Runtime.InvalidEntrypoint", text: "this server cannot run " + f.Runtime}
}

// find asks the tool about itself, with nothing of the server's environment but PATH and HOME.
func (t *toolbox) find(name, runtime, wanted string) (*tool, *startFailure) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found := t.tools[name]
	if found == nil {
		file, err := exec.LookPath(name)
		if err != nil {
			return nil, &startFailure{kind: "Runtime.InvalidEntrypoint",
				text: name + " is not on the server's PATH: install it to run " + runtime + " functions"}
		}
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		ask := exec.CommandContext(ctx, file, questions[name]...)
		ask.Env = []string{"PATH=" + t.path, "HOME=" + t.home}
		ask.Dir = "/"
		out, err := ask.Output()
		answers := strings.Split(strings.TrimSpace(string(out)), "\n")
		if err != nil || len(answers) < 2 {
			return nil, &startFailure{kind: "Runtime.InvalidEntrypoint",
				text: name + " was found on the server's PATH but does not run"}
		}
		found = &tool{file: answers[0], version: answers[1], reads: []string{answers[0]}}
		for _, dir := range answers[2:] {
			if filepath.IsAbs(dir) {
				found.reads = append(found.reads, dir)
			}
		}
		t.tools[name] = found
	}
	if !strings.HasPrefix(found.version+".", wanted+".") && !t.told[runtime] {
		t.told[runtime] = true
		t.log.Warn("functions run on another version than their runtime names", "runtime", runtime, name, found.version)
	}
	return found, nil
}
