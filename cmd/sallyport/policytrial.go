package main

import "github.com/sallyport/sallyport/internal/policy"

// maxTrials is how many bytes of policies are kept parsed at a time.
const maxTrials = 1 << 20

// trials are the policies of the lines so far: whoever tries requests out mostly
// asks the same policies about another one. When they are too many it forgets
// them all, which costs no more than it would never to have kept them.
type trials struct {
	known map[trialText]trial
	bytes int // of the texts in known
}

type trialText struct {
	kind policy.Kind // the same text may mean another thing elsewhere
	text string
}

type trial struct {
	policy *policy.Policy
	notes  []error // what AWS would refuse in it
}

// parse parses for trial: what people paste is often not quite what AWS takes,
// and the reason tells them so. What is no policy at all is not kept.
func (t *trials) parse(kind policy.Kind, text []byte) (trial, error) {
	if one, ok := t.known[trialText{kind, string(text)}]; ok {
		return one, nil
	}
	p, notes, err := policy.ParseForTrial(kind, text)
	if err != nil {
		return trial{}, err
	}
	if t.known == nil || t.bytes+len(text) > maxTrials {
		t.known, t.bytes = map[trialText]trial{}, 0
	}
	one := trial{p, notes}
	t.known[trialText{kind, string(text)}] = one
	t.bytes += len(text)
	return one, nil
}
