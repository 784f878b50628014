package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/runner"
	"github.com/sallyport/sallyport/internal/server"
	"github.com/sallyport/sallyport/internal/template"
)

// closeWithin is how long requests under way may take to finish when the
// server is told to stop.
const closeWithin = 10 * time.Second

// garbagePercent lets the heap grow to four times what is in use, not twice. A
// request leaves a few KB behind and the rest of the heap is small: collecting so
// often would cost more than the memory is worth. GOGC says otherwise.
const garbagePercent = 300

type upOptions struct {
	flags      serverFlags
	parameters []string
	stack      string
	logLevel   string
	once       bool
}

func upCommand(std streams) *cobra.Command {
	var o upOptions
	c := &cobra.Command{
		Use:   "up [TEMPLATE]",
		Short: "Start the server; with a template, deploy it, and again whenever it changes",
		Long: `Start the server; with a template, deploy it, and again whenever it or the code of its functions
changes. What users are mailed and texted stays in the outbox, which sallyport outbox prints, unless
--smtp and --sms-webhook say how it leaves.

The server answers on loopback by plain HTTP: put a TLS proxy in front, and say its URL with --url.`,
		Example: `  sallyport up examples/pizza/template.yaml
  sallyport up --ephemeral
  SALLYPORT_SMTP=smtps://user:password@mail.example.com sallyport up --mail-from 'Pizza <no-reply@example.com>'`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{errors.New("up takes one template at most; see sallyport up --help")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			var file string
			if len(args) == 1 {
				file = args[0]
			}
			return up(c.Context(), std, &o, file)
		},
	}
	o.flags.add(c.Flags())
	o.flags.addKeeping(c.Flags())
	c.Flags().StringArrayVar(&o.parameters, "parameter", nil, "KEY=VALUE of one of the template's Parameters; may be repeated")
	c.Flags().StringVar(&o.stack, "stack", "", "name of the stack (default: the name of the template's folder)")
	c.Flags().StringVar(&o.logLevel, "log-level", "info", "debug, info, warn or error")
	c.Flags().BoolVar(&o.once, "no-watch", false, "do not deploy again when the template or its code changes")
	return c
}

func up(ctx context.Context, std streams, o *upOptions, file string) error {
	settings, err := o.flags.resolve()
	if err != nil {
		return err
	}
	if err := runner.Harden(); err != nil {
		return fmt.Errorf("the server cannot be shielded from functions: %w", err)
	}
	logger, err := newLogger(std, o.logLevel)
	if err != nil {
		return err
	}
	p := &printer{out: std.out, color: isTerminal(std.out)}
	var t *template.Template
	var how template.Settings
	var watcher *template.Watcher
	if file != "" { // before anything starts: a template that cannot be read is the first thing to mend
		if how, err = o.settings(settings, file); err != nil {
			return err
		}
		if t, err = template.Load(file, how); err != nil {
			return p.problems(std.err, err)
		}
		if !o.once { // from now on no change is missed, also while the first deploy runs
			if watcher, err = template.NewWatcher(); err == nil {
				defer watcher.Close()
				err = watcher.Follow(template.Sources(t))
			}
			if err != nil {
				return fmt.Errorf("the template cannot be watched (--no-watch does without): %w", err)
			}
		}
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
	began := time.Now()
	s, err := server.Start(ctx, settings, logger)
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
		defer cancel()
		if err := s.Close(closing); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			logger.Error("closing", "error", err)
		}
	}()
	p.ready(s.URL(), settings, time.Since(began))

	if t != nil {
		d := s.Deployer(p.event)
		if err := deploy(ctx, p, d, t); err != nil {
			return p.problems(std.err, err)
		}
		if watcher != nil {
			go watch(ctx, std, p, d, watcher, func() (*template.Template, error) { return template.Load(file, how) })
		}
	}
	select {
	case <-ctx.Done():
		p.line("\nstopping")
		return nil
	case err := <-s.Done():
		return fmt.Errorf("the server has stopped: %w", err)
	}
}

func deploy(ctx context.Context, p *printer, d *template.Deployer, t *template.Template) error {
	outcome, err := d.Deploy(ctx, t)
	if err != nil {
		return err
	}
	p.outcome(outcome)
	return nil
}

// watch deploys again after each change, until ctx ends. A template that
// cannot be deployed is told and left; what was there before goes on. Which
// files matter may change with the template, so each deploy follows its own.
func watch(ctx context.Context, std streams, p *printer, d *template.Deployer, w *template.Watcher, load func() (*template.Template, error)) {
	err := w.Run(ctx, func() {
		p.line("\nchanged; deploying again")
		t, err := load()
		if err == nil {
			if err = w.Follow(template.Sources(t)); err == nil {
				err = deploy(ctx, p, d, t)
			}
		}
		if err != nil && ctx.Err() == nil {
			fmt.Fprintf(std.err, "sallyport: %v\n", p.problems(std.err, err))
			p.line("what was deployed before goes on; mend it and save")
		}
	})
	if err != nil && ctx.Err() == nil {
		fmt.Fprintf(std.err, "sallyport: the template is no longer watched: %s\n", oneLine(err))
	}
}

func (o *upOptions) settings(c config.Config, file string) (template.Settings, error) {
	s := template.Settings{Stack: o.stack, Region: c.Region, Account: c.Account, Parameters: map[string]string{}}
	if !c.Ephemeral {
		s.Private = c.Data
	}
	if s.Stack == "" {
		s.Stack = stackName(file)
	}
	for _, p := range o.parameters {
		name, value, ok := strings.Cut(p, "=")
		if !ok || name == "" {
			return s, usageError{fmt.Errorf("--parameter %q is not KEY=VALUE", name)}
		}
		if _, twice := s.Parameters[name]; twice {
			return s, usageError{fmt.Errorf("--parameter %s is given twice", name)}
		}
		s.Parameters[name] = value
	}
	return s, nil
}

var notInStackNames = regexp.MustCompile(`[^A-Za-z0-9-]+`)

// stackName is the name of the template's folder, as far as stacks may have it.
func stackName(file string) string {
	name := "stack"
	if abs, err := filepath.Abs(file); err == nil {
		name = filepath.Base(filepath.Dir(abs))
	}
	name = strings.Trim(notInStackNames.ReplaceAllString(name, "-"), "-")
	if name == "" || !isLetter(name[0]) {
		name = "stack-" + name
	}
	return strings.TrimRight(name[:min(len(name), 128)], "-")
}

func isLetter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }

func newLogger(std streams, level string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, usageError{fmt.Errorf("--log-level %q is none of debug, info, warn, error", level)}
	}
	return slog.New(slog.NewTextHandler(std.err, &slog.HandlerOptions{Level: l})), nil
}
