package gateway

import "testing"

func TestMostSpecificRouteWins(t *testing.T) {
	root := &node{}
	for _, template := range []string{"/pets", "/pets/{id}", "/pets/mine", "/pets/{id}/toys", "/pets/{rest+}", "/{proxy+}"} {
		root.add(template, &route{template: template})
	}
	for path, want := range map[string]string{
		"/pets": "/pets", "/pets/": "/pets", "/pets/mine": "/pets/mine", "/pets/7": "/pets/{id}", "/pets/7/": "/pets/{id}",
		"/pets/7/toys": "/pets/{id}/toys", "/pets/mine/toys": "/pets/{id}/toys", "/pets/7/toys/1": "/pets/{rest+}",
		"/other": "/{proxy+}", "/other/x": "/{proxy+}", "/": "",
	} {
		got := ""
		if r, _ := root.lookup("", path, nil); r != nil {
			got = r.template
		}
		if got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestLookupAllocatesNothing(t *testing.T) {
	root := tree()
	var room [8]param
	if n := testing.AllocsPerRun(100, func() { root.lookup("GET", "/items/7/parts/42", room[:0]) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// An authorizer kind that the data plane does not know lets nobody in, nor does
// AWS_IAM where no step has proved a signer.
func TestUnknownGuardDenies(t *testing.T) {
	for _, m := range []*Method{{Authorization: ""}, {Authorization: "CUSTOM"}, {Authorization: "AWS_IAM"}, {Authorization: "none"}, {Authorization: AuthorizationCognito, AuthorizerID: "gone"}} {
		x := &exchange{method: &method{guard: compileGuard(m, &authorizers{})}}
		if v := authorize(t.Context(), nil, x); v.outcome != deny || v.denial.status != 500 {
			t.Errorf("%+v: %+v", m, v)
		}
	}
	if (verdict{}).outcome != deny {
		t.Error("the zero verdict does not deny")
	}
}
