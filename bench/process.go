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
	"syscall"
	"time"
)

// process is a server under test. What it costs is its own: neither the functions
// that it runs nor the upstream.
type process struct {
	command *exec.Cmd
	said    bytes.Buffer // on standard error, for when it fails
}

// start runs a program. With ready, it waits for the line on standard output
// that has it, and returns its first group.
func start(ctx context.Context, ready *regexp.Regexp, environment []string, program string, arguments ...string) (*process, string, error) {
	p := &process{command: exec.CommandContext(ctx, program, arguments...)}
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

// cpu is the processor time that the process has used so far, all its threads
// and the kernel on its behalf.
func (p *process) cpu() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.command.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("a server has ended: %w: %s", err, p.said.String())
	}
	// The program's name, in brackets, may hold anything.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	const utime, stime = 11, 12 // counted from the state
	user, err := strconv.ParseInt(string(fields[utime]), 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(string(fields[stime]), 10, 64)
	return time.Duration(user+system) * tick, err
}
