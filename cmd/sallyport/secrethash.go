package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// maxStandardInput bounds what is read as a secret or a token.
const maxStandardInput = 64 << 10

func secretHashCommand(std streams) *cobra.Command {
	var username, clientID string
	var fromInput bool
	c := &cobra.Command{
		Use:   "secret-hash --username NAME --client-id ID --client-secret-stdin",
		Short: "Print the SECRET_HASH of a user for an app client with a secret",
		Long: "Print base64(HMAC-SHA256(client secret, user name + client id)), which Cognito asks for\n" +
			"as SECRET_HASH. The secret is read from standard input, so that it shows neither in\n" +
			"the list of processes nor in the shell's history.",
		Args: exactly(0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			if username == "" || clientID == "" || !fromInput {
				return usageError{errors.New("--username, --client-id and --client-secret-stdin are required")}
			}
			secret, err := readLine(std.in)
			if err != nil {
				return err
			}
			if secret == "" {
				return errors.New("standard input holds no client secret")
			}
			mac := hmac.New(sha256.New, []byte(secret))
			mac.Write([]byte(username + clientID))
			_, err = fmt.Fprintln(std.out, base64.StdEncoding.EncodeToString(mac.Sum(nil)))
			return err
		},
	}
	c.Flags().StringVar(&username, "username", "", "the user name, as it is sent in USERNAME")
	c.Flags().StringVar(&clientID, "client-id", "", "the app client's id")
	c.Flags().BoolVar(&fromInput, "client-secret-stdin", false, "read the client secret from standard input")
	return c
}

// readLine reads all of in without the white space around it.
func readLine(in io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(in, maxStandardInput+1))
	if err != nil {
		return "", fmt.Errorf("standard input: %w", err)
	}
	if len(text) > maxStandardInput {
		return "", fmt.Errorf("standard input holds more than %d bytes", maxStandardInput)
	}
	return strings.TrimSpace(string(text)), nil
}
