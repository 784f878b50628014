package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"time"
)

// settings are what the command line chooses.
type settings struct {
	rounds      int           // at most
	within      time.Duration // of all of it: no round is begun that would not end in time
	length      time.Duration // of one run
	connections int
	only        *regexp.Regexp // scenarios; nil: all
	check       bool
	burst       bool   // the burst of sign-ins, and nothing else
	offline     string // folder with serverless-offline; "": without it
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == bareLoopArgument {
		if err := bareLoop(os.Args[2], os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "bench: bare loop:", err)
			os.Exit(1)
		}
		return
	}
	var s settings
	only := flag.String("only", "", "run only the scenarios whose name has this regular expression")
	flag.IntVar(&s.rounds, "rounds", 9, "how often each scenario runs, at most")
	flag.DurationVar(&s.within, "within", 225*time.Second, "begin no round that would end later; two are run in any case")
	flag.StringVar(&s.offline, "offline", "", "compare with serverless-offline, installed by npm in this folder")
	flag.DurationVar(&s.length, "length", time.Second, "how long one run lasts, in whole seconds")
	flag.IntVar(&s.connections, "connections", 8, "connections of wrk")
	flag.BoolVar(&s.check, "check", false, "fail if a median is over its target")
	flag.BoolVar(&s.burst, "burst", false, "measure how a burst of sign-ins slows a guarded request, and nothing else")
	flag.Parse()
	if *only != "" {
		s.only = regexp.MustCompile(*only)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 15*time.Minute)
	defer cancel()
	met, err := run(ctx, s, time.Now(), os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	if s.check && !met {
		os.Exit(2)
	}
}

// run says whether every target was met.
func run(ctx context.Context, s settings, began time.Time, out io.Writer) (bool, error) {
	if err := install(ctx, out); err != nil {
		return false, err
	}
	facts(ctx, out)
	load := firstField("/proc/loadavg")
	site, err := open(ctx, s, out)
	defer site.close()
	if err != nil {
		return false, err
	}
	if s.burst {
		return burst(ctx, site, out)
	}
	scenarios, err := site.scenarios(s)
	if err != nil {
		return false, err
	}
	for _, c := range scenarios {
		if err := c.right(ctx); err != nil {
			return false, fmt.Errorf("%s, before the runs: %w", c.name, err)
		}
	}
	fmt.Fprintf(out, "rounds of %d scenarios, %s each, %d connections\n", len(scenarios), s.length, s.connections)
	others, err := measure(ctx, s, began.Add(s.within), site, scenarios)
	if err != nil {
		return false, err
	}
	for _, c := range scenarios {
		if err := c.right(ctx); err != nil {
			return false, fmt.Errorf("%s, after the runs: %w", c.name, err)
		}
	}
	met := report(out, scenarios)
	judge(out, others, load)
	fmt.Fprintf(out, "took      %s\n", time.Since(began).Round(time.Second))
	return met, nil
}
