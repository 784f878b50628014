package trigger

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// about is an answer with a response.
func about(response string) string {
	return `{"version":"1","triggerSource":"x","region":"r","userPoolId":"p","userName":"n","callerContext":{},"request":{},"response":` + response + `}`
}

type details struct {
	Claims map[string]string `json:"claims"`
	Groups Given[struct {
		Names []string `json:"names"`
	}] `json:"groups"`
}

type full struct {
	Confirm bool     `json:"autoConfirmUser"`
	Status  *string  `json:"status"`
	Details *details `json:"details"`
}

func TestAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		taken  bool
	}{
		"whole":                     {about(`{"autoConfirmUser":true}`), true},
		"an empty response":         {about(`{}`), true},
		"nulls":                     {about(`{"autoConfirmUser":null,"status":null,"details":null}`), true},
		"more beside the response":  {strings.Replace(about(`{}`), `"request":{}`, `"request":{"a":1},"mine":1`, 1), true},
		"nested":                    {about(`{"details":{"claims":{"a":"b"},"groups":{"names":["x"]}}}`), true},
		"nothing":                   {``, false},
		"null":                      {`null`, false},
		"a list":                    {`[]`, false},
		"a text":                    {`"ok"`, false},
		"two values":                {about(`{}`) + `{}`, false},
		"only the response":         {`{"response":{}}`, false},
		"without the response":      {strings.Replace(about(`{}`), `"response"`, `"answer"`, 1), false},
		"without the envelope":      {strings.Replace(about(`{}`), `"userPoolId"`, `"userPool"`, 1), false},
		"a null response":           {about(`null`), false},
		"a list for a response":     {about(`[]`), false},
		"an unknown member":         {about(`{"autoconfirm":true}`), false},
		"another case":              {about(`{"AutoConfirmUser":true}`), false},
		"a text for a boolean":      {about(`{"autoConfirmUser":"true"}`), false},
		"a number for a text":       {about(`{"status":1}`), false},
		"an unknown member inside":  {about(`{"details":{"claim":{}}}`), false},
		"another case deep inside":  {about(`{"details":{"groups":{"Names":["x"]}}}`), false},
		"a claim that is no text":   {about(`{"details":{"claims":{"a":1}}}`), false},
		"a member twice":            {about(`{"autoConfirmUser":false,"autoConfirmUser":true}`), false},
		"a member of the map twice": {about(`{"details":{"claims":{"a":"1","a":"2"}}}`), false},
		"two responses":             {strings.Replace(about(`{}`), `"request":{}`, `"response":{"autoConfirmUser":true}`, 1), false},
		"not UTF-8":                 {about("{\"status\":\"\xff\"}"), false},
		"nested too deep":           {about(strings.Repeat(`[`, 40) + strings.Repeat(`]`, 40)), false},
		"too long":                  {about(`{}`) + strings.Repeat(" ", MaxAnswer), false},
	} {
		t.Run(name, func(t *testing.T) {
			was := full{Confirm: true}
			into := was
			err := read(PreSignUp, []byte(c.answer), &into)
			if (err == nil) != c.taken {
				t.Fatalf("got %v", err)
			}
			if err == nil {
				return
			}
			if f, ok := errors.AsType[*Failure](err); !ok || f.Way != Unreadable || f.Text != textUnreadable {
				t.Errorf("got %#v", err)
			}
			if into != was {
				t.Errorf("an answer that is refused left %+v", into)
			}
		})
	}
}

func TestLeftOutIsNotNull(t *testing.T) {
	for response, want := range map[string]struct{ there, value bool }{
		`{"details":{}}`:                         {false, false},
		`{"details":{"groups":null}}`:            {true, false},
		`{"details":{"groups":{}}}`:              {true, true},
		`{"details":{"groups":{"names":["x"]}}}`: {true, true},
	} {
		var into full
		if err := read(PreTokenGeneration, []byte(about(response)), &into); err != nil {
			t.Fatal(err)
		}
		if g := into.Details.Groups; g.There != want.there || (g.Value != nil) != want.value {
			t.Errorf("%s: got %+v", response, g)
		}
	}
}

func TestWhatIsLeftOutOfAnAnswerIsNotWhatWasGiven(t *testing.T) {
	into := full{Confirm: true}
	if err := read(PreSignUp, []byte(about(`{}`)), &into); err != nil || into.Confirm {
		t.Errorf("got %+v, %v", into, err)
	}
}

// FuzzAnswer: no bytes take the reader down, a refused answer changes nothing, and
// what is taken is a JSON object that a plain reader sees the same response in.
func FuzzAnswer(f *testing.F) {
	for _, response := range []string{`{}`, `null`, `{"autoConfirmUser":true}`, `{"status":"x","details":{"claims":{"a":"b"},"groups":null}}`, `{"Status":1}`} {
		f.Add([]byte(about(response)))
	}
	f.Add([]byte(`{"response":{}}`))
	f.Add([]byte("\xff"))
	f.Fuzz(func(t *testing.T, answer []byte) {
		was := full{Confirm: true}
		into := was
		if err := read(PreSignUp, answer, &into); err != nil {
			if _, ok := errors.AsType[*Failure](err); !ok || into != was {
				t.Fatalf("%v left %+v", err, into)
			}
			return
		}
		var members map[string]json.RawMessage
		var plain struct {
			Confirm bool `json:"autoConfirmUser"`
		}
		if json.Unmarshal(answer, &members) != nil || json.Unmarshal(members["response"], &plain) != nil || plain.Confirm != into.Confirm {
			t.Fatalf("a plain reader sees %+v, not %+v", plain, into)
		}
	})
}

func FuzzThrown(f *testing.F) {
	f.Add([]byte(`{"errorMessage":"no"}`))
	f.Add([]byte("\x00"))
	f.Fuzz(func(t *testing.T, document []byte) {
		said := saidOf(document)
		if said == "" || len(said) > maxSaid || strings.ContainsFunc(said, func(r rune) bool { return r < ' ' }) {
			t.Fatalf("%q", said)
		}
	})
}
