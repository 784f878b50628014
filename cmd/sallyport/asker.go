package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// asker asks a person at the terminal, or takes the answers from standard input,
// a line each. What it asks is shown on the terminal, and so never in a pipe.
type asker struct {
	terminal *os.File // nil: answers come from standard input
	lines    *bufio.Reader
	show     io.Writer
}

const maxAnswer = 4096 // bytes

func newAsker(std streams, fromInput bool) (*asker, error) {
	if fromInput {
		return &asker{lines: bufio.NewReaderSize(io.LimitReader(std.in, maxStandardInput), maxAnswer), show: io.Discard}, nil
	}
	in, ok := std.in.(*os.File)
	if !ok || !isTTY(in) {
		return nil, usageError{errors.New("there is no terminal to ask at: give the password with --password-stdin")}
	}
	a := &asker{terminal: in, lines: bufio.NewReaderSize(in, maxAnswer), show: std.err}
	if tty, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0); err == nil {
		a.show = tty
	}
	return a, nil
}

func (a *asker) close() {
	if tty, ok := a.show.(*os.File); ok && tty != os.Stderr {
		tty.Close()
	}
}

func (a *asker) atTerminal() bool { return a.terminal != nil }

// tell shows the person something.
func (a *asker) tell(text string) { fmt.Fprintln(a.show, text) }

// line asks for what may be seen.
func (a *asker) line(ctx context.Context, question string) (string, error) {
	fmt.Fprint(a.show, question+": ")
	return a.read(ctx, question)
}

// secret asks for what nobody should see: the terminal shows nothing of it.
func (a *asker) secret(ctx context.Context, question string) (string, error) {
	fmt.Fprint(a.show, question+": ")
	if a.terminal == nil {
		return a.read(ctx, question)
	}
	hidden, err := hideTyping(a.terminal)
	if err != nil {
		return "", fmt.Errorf("the terminal cannot be kept from showing what is typed: %w", err)
	}
	defer func() {
		hidden.undo()
		fmt.Fprintln(a.show)
	}()
	return a.read(ctx, question)
}

// newSecret asks for a secret that is to be set, and at a terminal, where nobody
// sees what they type, once more.
func (a *asker) newSecret(ctx context.Context) (string, error) {
	for {
		first, err := a.secret(ctx, "New password")
		if err != nil || a.terminal == nil {
			return first, err
		}
		second, err := a.secret(ctx, "New password, again")
		if err != nil || second == first {
			return first, err
		}
		a.tell("The two are not the same; once more.")
	}
}

// read takes one line. It ends with ctx, so that Ctrl-C is heard while it waits.
func (a *asker) read(ctx context.Context, question string) (string, error) {
	type answer struct {
		text string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		text, err := a.lines.ReadSlice('\n')
		got <- answer{string(text), err}
	}()
	select {
	case <-ctx.Done():
		return "", errors.New("interrupted")
	case r := <-got:
		switch {
		case errors.Is(r.err, bufio.ErrBufferFull):
			return "", fmt.Errorf("the answer to %q has more than %d bytes", question, maxAnswer)
		case r.err != nil && !(errors.Is(r.err, io.EOF) && r.text != ""):
			return "", fmt.Errorf("there is no answer to %q", question)
		}
		text := strings.TrimRight(r.text, "\r\n")
		if text == "" {
			return "", fmt.Errorf("the answer to %q is empty", question)
		}
		return text, nil
	}
}
