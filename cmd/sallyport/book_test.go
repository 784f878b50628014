package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func read(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var commands = regexp.MustCompile("(?ms)^```sh\n(.*?)^```")

// The commands of docs/userpools.md, from top to bottom, as a reader pastes them.
func TestTheCommandsOfTheBookOnUserPoolsRun(t *testing.T) {
	var script strings.Builder
	script.WriteString("set -euo pipefail\n")
	for _, block := range commands.FindAllStringSubmatch(read(t, "docs/userpools.md"), -1) {
		script.WriteString(block[1])
	}
	script.WriteString("aws cognito-idp admin-get-user --user-pool-id $pool --username ann@example.com\nsallyport outbox --to bob@example.com\n")
	address, data, home := freeAddress(t), filepath.Join(t.TempDir(), "data"), t.TempDir()
	serve(t, address, nil, "--data", data)
	file := filepath.Join(home, "book.sh")
	if err := os.WriteFile(file, []byte(script.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	told := shell(t, []string{"SALLYPORT_DATA=" + data, "SALLYPORT_LISTEN=" + address, "XDG_CONFIG_HOME=" + filepath.Join(home, "config")}, "cd "+home+" && bash book.sh")
	for _, says := range []string{"ID token: it says who somebody is", "revoked\n", "refused\n", "Your code is ", "waiting", "SOFTWARE_TOKEN_MFA"} {
		if !strings.Contains(told, says) {
			t.Errorf("%q was not printed:\n%s", says, told)
		}
	}
}

var (
	aReason   = regexp.MustCompile(`(?m)^\t(\w+) += "(.+)"$`)
	anAbsence = regexp.MustCompile(`absent\[[^\]]*\]\("(\w+)", (\w+)`)
	envName   = regexp.MustCompile(`(?m)^\tEnv\w+ += "(SALLYPORT_\w+)"`)
)

// absences are the operations that a service refuses by name, and why.
func absences(t *testing.T, file string) map[string]string {
	t.Helper()
	text, reasons, absent := read(t, file), map[string]string{}, map[string]string{}
	for _, m := range aReason.FindAllStringSubmatch(text, -1) {
		reasons[m[1]] = m[2]
	}
	for _, m := range anAbsence.FindAllStringSubmatch(text, -1) {
		absent[m[1]] = reasons[m[2]]
	}
	if len(absent) < 10 {
		t.Fatalf("%s: only %d operations were found", file, len(absent))
	}
	return absent
}

// README names each operation of user pools that is not there beside its reason,
// and none that is.
func TestREADMENamesWhatUserPoolsHaveNot(t *testing.T) {
	rows := map[string]string{}
	for line := range strings.Lines(read(t, "README.md")) {
		if cells := strings.Split(line, "|"); len(cells) == 4 {
			rows[strings.TrimSpace(cells[1])] = cells[2]
		}
	}
	absent := absences(t, "internal/userpool/absent.go")
	reasons := map[string]bool{}
	for operation, why := range absent {
		reasons[why] = true
		if !strings.Contains(rows[why], "`"+operation+"`") {
			t.Errorf("README has no row %q that names %s", why, operation)
		}
	}
	named := regexp.MustCompile("`(\\w+)`")
	for why := range reasons {
		for _, m := range named.FindAllStringSubmatch(rows[why], -1) {
			if absent[m[1]] != why {
				t.Errorf("README says that %s is not there for %q", m[1], why)
			}
		}
	}
}

// Of KMS it tells why operations are not there.
func TestREADMESaysWhatKMSHasNot(t *testing.T) {
	readme := read(t, "README.md")
	for operation, why := range absences(t, "internal/kms/absent.go") {
		what, _, _ := strings.Cut(why, ";")
		if !strings.Contains(readme, what) {
			t.Errorf("README does not say that KMS has no %s (%s)", what, operation)
		}
	}
}

// Every flag of up and every variable stands in README.
func TestREADMENamesEverySetting(t *testing.T) {
	readme := read(t, "README.md")
	has := func(name string) {
		if !regexp.MustCompile(regexp.QuoteMeta(name) + `[^\w-]`).MatchString(readme) {
			t.Errorf("README does not name %s", name)
		}
	}
	up := upCommand(streams{})
	flags := strings.Fields(flagNames(up))
	if len(flags) < 15 {
		t.Fatalf("up has only the flags %v", flags)
	}
	for _, f := range flags {
		has("--" + f)
	}
	variables := envName.FindAllStringSubmatch(read(t, "internal/config/config.go"), -1)
	if len(variables) < 10 {
		t.Fatalf("only %d variables were found", len(variables))
	}
	for _, v := range variables {
		has(v[1])
	}
	has(envClientSecret)
}

func flagNames(c *cobra.Command) string {
	var names strings.Builder
	for line := range strings.Lines(c.Flags().FlagUsages()) {
		if _, flag, ok := strings.Cut(line, "--"); ok {
			name, _, _ := strings.Cut(flag, " ")
			names.WriteString(name + " ")
		}
	}
	return names.String()
}
