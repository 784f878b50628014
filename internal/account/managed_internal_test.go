package account

import (
	"io/fs"
	"strings"
	"testing"
)

// What is built in is read once here, all of it, so that no caller is the first
// to find a mistake in it.
func TestEveryManagedPolicyIsInOrder(t *testing.T) {
	all := awsPolicies()
	files, err := fs.Glob(managedFiles, "managed/*.json")
	if err != nil || len(files) != len(all)+1 {
		t.Errorf("%d documents and an index, but %d policies: %v", len(files), len(all), err)
	}
	ids := map[string]string{}
	for arn, p := range all {
		if c := p.compile(); c == nil || c.Len() == 0 {
			t.Errorf("%s allows and denies nothing", arn)
		}
		if p.ARN != arn || !strings.HasSuffix(arn, p.Path+p.Name) || p.Description == "" || p.Default < 1 || p.Updated.Before(p.Created) {
			t.Errorf("%s: %+v", arn, p.managedPolicy)
		}
		if ids[p.ID] != "" {
			t.Errorf("%s and %s have one id", arn, ids[p.ID])
		}
		ids[p.ID] = arn
	}
	for _, arn := range []string{"", "arn:aws:iam::aws:policy/", "arn:aws:iam::aws:policy/index", "arn:aws:iam::aws:policy/adminstratoraccess", "arn:aws:iam::000000000000:policy/AdministratorAccess"} {
		if awsCompiled(arn) != nil {
			t.Errorf("%q is a policy of AWS's", arn)
		}
	}
}

func BenchmarkReadManagedPolicies(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		readManaged()
	}
}
