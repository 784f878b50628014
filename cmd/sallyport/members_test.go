package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// A member's life in the club, from the sign-up to the sign-out: examples/members,
// as its readers run it.
func TestAMemberSignsUpComesInAndLeaves(t *testing.T) {
	address := freeAddress(t)
	key := []string{"SALLYPORT_ROOT_ACCESS_KEY_ID=root", "SALLYPORT_ROOT_SECRET_ACCESS_KEY=of the club"}
	p := serve(t, address, key, "--data", filepath.Join(t.TempDir(), "data"), "--no-watch", "--stack", "members", example(t, "members"))
	p.shows(t, "", "Anybody may sign up to user pool members", "As a stranger (401)")
	told := shell(t, append(key, "SALLYPORT_URL=http://"+address, "AWS_ACCESS_KEY_ID=root", "AWS_SECRET_ACCESS_KEY=of the club", "AWS_SESSION_TOKEN="),
		root+"/examples/members/try.sh")
	if steps := strings.Count(told, "\n  "); steps != 18 || strings.Contains(told, "!") {
		t.Errorf("%d steps after the first:\n%s", steps, told)
	}
	if strings.Contains(told, "eyJ") {
		t.Errorf("it prints a token:\n%s", told)
	}
}
