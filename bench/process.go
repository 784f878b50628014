package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// process is a server under test. What it costs is its own, not the upstream's and,
// unless a scenario says so, not that of the functions that it runs.
type process struct {
	command *exec.Cmd
	said    lastWords // on standard error, for when it fails
}

// lastWords keeps the end of what a program says. The server's output is copied by
// one goroutine; others read it when the program has ended, or failed to answer.
type lastWords struct {
	mu   sync.Mutex
	text []byte
}

func (l *lastWords) Write(b []byte) (int, error) {
	const enough = 8 << 10
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, b...)
	l.text = l.text[max(0, len(l.text)-enough):]
	return len(b), nil
}

func (l *lastWords) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

// start runs a program. With ready, it waits for the line on standard output
// that has it, and returns its first group.
func start(ctx context.Context, ready *regexp.Regexp, environment []string, program string, arguments ...string) (*process, string, error) {
	return startIn(ctx, "", ready, environment, program, arguments...)
}

// startIn is start in a folder.
func startIn(ctx context.Context, folder string, ready *regexp.Regexp, environment []string, program string, arguments ...string) (*process, string, error) {
	p := &process{command: exec.CommandContext(ctx, program, arguments...)}
	p.command.Dir = folder
	p.command.Env, p.command.Stderr = append(os.Environ(), environment...), &p.said
	p.command.Cancel = func() error { return p.command.Process.Signal(syscall.SIGTERM) }
	p.command.WaitDelay = 10 * time.Second
	output, err := p.command.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := p.command.Start(); err != nil {
		return nil, "", err
	}
	if ready == nil {
		go io.Copy(io.Discard, output)
		return p, "", nil
	}
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if found := ready.FindStringSubmatch(lines.Text()); found != nil {
			go io.Copy(io.Discard, output)
			return p, found[1], nil
		}
	}
	p.stop()
	return nil, "", fmt.Errorf("%s ended before it was ready: %s", program, p.said.String())
}

// stop asks the process to end, and waits until it has.
func (p *process) stop() {
	if p == nil {
		return
	}
	_ = p.command.Process.Signal(syscall.SIGTERM)
	_ = p.command.Wait()
}

// tick is the unit of /proc/PID/stat, USER_HZ: 100 a second on every Linux.
const tick = 10 * time.Millisecond

// cpu is the processor time that the process has used so far: all its threads,
// and the kernel on its behalf (utime and stime).
func (p *process) cpu() (time.Duration, error) {
	_, spent, err := processStat(p.command.Process.Pid)
	if err != nil {
		return 0, fmt.Errorf("a server has ended: %w: %s", err, p.said.String())
	}
	return spent, nil
}

// family is cpu of the process and of all that it has started and that still run.
func (p *process) family() (time.Duration, error) {
	sum, err := p.cpu()
	if err != nil {
		return 0, err
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	parents, spent := map[int]int{}, map[int]time.Duration{}
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil {
			if parent, used, err := processStat(pid); err == nil { // else it has just ended
				parents[pid], spent[pid] = parent, used
			}
		}
	}
	for pid, used := range spent {
		for parent := parents[pid]; parent > 1; parent = parents[parent] {
			if parent == p.command.Process.Pid {
				sum += used
				break
			}
		}
	}
	return sum, nil
}

// processStat reads /proc/PID/stat.
func processStat(pid int) (parent int, spent time.Duration, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, err
	}
	// The program's name, in brackets, may hold anything.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	const ppid, utime, stime = 1, 11, 12 // counted from the state
	if len(fields) <= stime {
		return 0, 0, fmt.Errorf("/proc/%d/stat is %q", pid, text)
	}
	var numbers [3]int64
	for i, field := range []int{ppid, utime, stime} {
		if numbers[i], err = strconv.ParseInt(string(fields[field]), 10, 64); err != nil {
			return 0, 0, err
		}
	}
	return int(numbers[0]), time.Duration(numbers[1]+numbers[2]) * tick, nil
}
