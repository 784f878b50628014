package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// install gets Debian's haproxy and wrk where they are missing.
func install(ctx context.Context, out io.Writer) error {
	var missing []string
	for _, program := range []string{"haproxy", "wrk"} {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, program)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("install %s first", strings.Join(missing, " and "))
	}
	fmt.Fprintln(out, "installing", strings.Join(missing, " "))
	command := append([]string{"apt-get", "install", "-y", "-qq", "--no-install-recommends"}, missing...)
	if os.Getuid() != 0 {
		command = append([]string{"sudo"}, command...)
	}
	c := exec.CommandContext(ctx, command[0], command[1:]...)
	c.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	if text, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(command, " "), err, text)
	}
	return nil
}

// facts says on what and of what the figures are.
func facts(ctx context.Context, out io.Writer) {
	fmt.Fprintf(out, "machine   %s, %d processors, load %s\n", processor(), runtime.NumCPU(), firstField("/proc/loadavg"))
	fmt.Fprintf(out, "versions  %s; %s; %s; OpenSSL: %s; Linux %s\n", runtime.Version(),
		firstLine(ctx, "haproxy", "-v"), firstLine(ctx, "wrk", "-v"), openSSL(ctx), firstField("/proc/sys/kernel/osrelease"))
}

func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

func openSSL(ctx context.Context) string {
	text, _ := exec.CommandContext(ctx, "haproxy", "-vv").Output()
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "Running on OpenSSL version : "); ok {
			return strings.TrimSpace(value)
		}
	}
	return "none"
}

// firstLine is what a program says about itself. Some say it with a failure.
func firstLine(ctx context.Context, program string, arguments ...string) string {
	text, _ := exec.CommandContext(ctx, program, arguments...).CombinedOutput()
	line, _, _ := strings.Cut(string(text), "\n")
	line, _, _ = strings.Cut(line, " - http")
	line, _, _ = strings.Cut(line, " Copyright")
	return strings.TrimSpace(line)
}

func firstField(file string) string {
	text, _ := os.ReadFile(file)
	if fields := strings.Fields(string(text)); len(fields) > 0 {
		return fields[0]
	}
	return "unknown"
}
