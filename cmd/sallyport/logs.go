package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"
)

const logsPath = "/_sallyport/logs"

type logsOptions struct {
	flags  serverFlags
	lines  int
	follow bool
}

func logsCommand(std streams) *cobra.Command {
	var o logsOptions
	c := &cobra.Command{
		Use:   "logs [LOG-GROUP]",
		Short: "Print the access log that stages of APIs write to a log group",
		Long: `Print the access log that stages of APIs write to a log group; without one, name the log
groups that have a log.

A stage writes a log when it is told where to and in which form (accessLogSetting of a REST
API's stage, accessLogSettings of an HTTP API's):

  destinationArn  arn:aws:logs:REGION:ACCOUNT:log-group:LOG-GROUP
  format          one line with $context variables, such as
                  {"id":"$context.requestId","ip":"$context.identity.sourceIp","status":$context.status}

Lines are printed as they are in the log. The log group is looked for in --region. The server
must be running; it is asked with its root key, as by sallyport explain. Each node keeps the
log of the requests that it has answered, in the folder logs/access of its data folder: one file
a log group of at most 32 MB, and the four before it.`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("%s takes one log group at most; see %s --help", c.CommandPath(), c.CommandPath())}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if o.lines < 0 {
				return usageError{errors.New("--lines is a number of lines, 0 or more")}
			}
			settings, err := o.flags.resolve()
			if err != nil {
				return err
			}
			door := knock(c.Context(), settings)
			if len(args) == 0 {
				if o.follow {
					return usageError{errors.New("--follow needs the name of a log group")}
				}
				return listLogs(c.Context(), std, door)
			}
			query := url.Values{
				"region": {settings.Region}, "group": {args[0]}, "lines": {strconv.Itoa(o.lines)}, "follow": {strconv.FormatBool(o.follow)},
			}
			return interrupted(c.Context(), printLog(c.Context(), std, door, query))
		},
	}
	o.flags.add(c.Flags())
	c.Flags().IntVarP(&o.lines, "lines", "n", 100, "how many of the newest lines")
	c.Flags().BoolVarP(&o.follow, "follow", "f", false, "go on with each line that is written")
	return c
}

// printLog copies lines as they come. What strangers have sent has no control
// characters in it any more: it is escaped before it is written to a log.
func printLog(ctx context.Context, std streams, door *operatorDoor, query url.Values) error {
	client := plainClient()
	if query.Get("follow") == "true" {
		client.Timeout = 0
	}
	response, err := door.ask(ctx, client, logsPath+"?"+query.Encode())
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		body, _ := io.ReadAll(io.LimitReader(response.Body, maxReport)) // what is cut says nothing
		return door.refusal(response.StatusCode, body)
	}
	if _, err := io.Copy(std.out, response.Body); err != nil {
		return fmt.Errorf("the server at %s broke off: %w", door.base, err)
	}
	if query.Get("follow") == "true" {
		return fmt.Errorf("the server at %s has ended", door.base)
	}
	return nil
}

func listLogs(ctx context.Context, std streams, door *operatorDoor) error {
	body, status, err := door.read(ctx, logsPath)
	if err != nil {
		return err
	}
	var list struct {
		Groups []struct{ Region, Name string }
		Folder string
	}
	if status != http.StatusOK || json.Unmarshal(body, &list) != nil || list.Folder == "" {
		return door.refusal(status, body)
	}
	if len(list.Groups) == 0 {
		_, err := fmt.Fprintln(std.err, "no stage has written an access log yet; sallyport logs --help says how one does")
		return err
	}
	for _, g := range list.Groups {
		if _, err := fmt.Fprintf(std.out, "%s  %s\n", g.Region, visible(g.Name)); err != nil {
			return err
		}
	}
	return nil
}
