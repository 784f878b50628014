package runner

import (
	"errors"
	"io/fs"
	"regexp"
	"runtime"
	"syscall"
)

// Hints go into a function's log, never into its answer, where something that
// works on AWS fails here, or where the system's own words do not say enough.

const tmpHint = "Hint: /tmp is the machine's and closed to functions. A function's own folder is $TMPDIR: " +
	"os.TempDir() in Go, os.tmpdir() in Node.js, tempfile.gettempdir() in Python.\n"

// refusedTmp is how Go, Node.js and Python say that /tmp is closed.
var refusedTmp = regexp.MustCompile(`(?i)permission denied[^\n]{0,40}['"]/tmp['"/]|\s/tmp(/[^\s:]*)?: permission denied`)

// hintFor explains an error document, or what was printed before the end; "" if
// there is nothing to add.
func hintFor(texts ...[]byte) string {
	for _, text := range texts {
		if refusedTmp.Match(text) {
			return tmpHint
		}
	}
	return ""
}

// execError is why a program could not be executed, in AWS's words (which name
// AWS's path), and the hint for the log.
func execError(shown string, err error) (text, hint string) {
	path, ok := errors.AsType[*fs.PathError](err)
	if !ok || path.Op != "fork/exec" {
		return "the function's process could not be started", ""
	}
	text = "fork/exec " + shown + ": " + path.Err.Error()
	switch {
	case errors.Is(err, syscall.EACCES):
		hint = "Hint: " + shown + " is not executable: give it mode 0755 in the zip. Zips made on Windows have no modes: use build-lambda-zip.\n"
	case errors.Is(err, syscall.ENOENT):
		hint = "Hint: " + shown + " is there, but what runs it is not: a #! line that ends as on Windows or names a missing program, or a C library that this machine lacks.\n"
	case errors.Is(err, syscall.ENOEXEC):
		hint = "Hint: " + shown + " is no program for " + runtime.GOOS + "/" + runtime.GOARCH + ": build it for that, or begin a script with #!.\n"
	}
	return text, hint
}
