package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var userOutput = regexp.MustCompile(`User (\S+) of \S+, password (\S+)`)

// All four authorizers on both kinds of API, each with the right key, with those
// of the others and with none: examples/kitchen, as its readers run it.
func TestEveryDoorOfTheKitchenAnswersAsItShould(t *testing.T) {
	address := freeAddress(t)
	p := serve(t, address, []string{"SALLYPORT_ROOT_ACCESS_KEY_ID=root", "SALLYPORT_ROOT_SECRET_ACCESS_KEY=of the kitchen"},
		"--data", filepath.Join(t.TempDir(), "data"), "--no-watch", "--stack", "kitchen", example(t, "kitchen"))
	printed := p.shows(t, "", "Signed in (200)")
	env := []string{"SALLYPORT_URL=http://" + address, "AWS_ACCESS_KEY_ID=root", "AWS_SECRET_ACCESS_KEY=of the kitchen", "AWS_SESSION_TOKEN="}
	for _, user := range userOutput.FindAllStringSubmatch(printed, -1) {
		env = append(env, strings.ToUpper(user[1])+"="+user[2])
	}
	told := shell(t, env, root+"/examples/kitchen/try.sh")
	if open := strings.Count(told, "  200  "); open != 9 || strings.Contains(told, "!") {
		t.Errorf("%d doors opened:\n%s", open, told)
	}
}
