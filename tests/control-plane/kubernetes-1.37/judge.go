// The subcommand judge-pods: what the scheduler's own code says about pods, node by
// node. One JSON object a line on stdin, one a line on stdout, in the same order.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/spf13/cobra"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
	"k8s.io/klog/v2"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler"
	"k8s.io/kubernetes/pkg/scheduler/backend/cache"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/profile"
)

type question struct {
	Target struct {
		Namespace string `json:"namespace"`
		Name      string `json:"name"`
	} `json:"target"`
	Objects []json.RawMessage `json:"objects"`
	// Whether to take the time of the filters alone, with the state prepared.
	Bench int `json:"bench,omitempty"`
}

type node struct {
	Fits    bool             `json:"fits"`
	Code    string           `json:"code,omitempty"`
	Plugin  string           `json:"plugin,omitempty"`
	Reasons []string         `json:"reasons,omitempty"`
	Total   *int64           `json:"total,omitempty"`
	Scores  map[string]int64 `json:"scores,omitempty"`
}

type preFilter struct {
	Code    string `json:"code"`
	Plugin  string `json:"plugin"`
	Message string `json:"message"`
}

type answer struct {
	Message   string          `json:"message,omitempty"`
	Error     string          `json:"error,omitempty"`
	PreFilter *preFilter      `json:"prefilter,omitempty"`
	Nodes     map[string]node `json:"nodes"`
	Chosen    []string        `json:"chosen_among,omitempty"`
	// Microseconds of PreFilter and all filters, best of several.
	Micros int64 `json:"micros,omitempty"`
}

func newJudgePodsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "judge-pods",
		Short: "Reads clusters with a pod to schedule as JSON lines, writes verdicts",
		RunE: func(cmd *cobra.Command, _ []string) error {
			klog.LogToStderr(false)
			klog.SetOutput(io.Discard)
			return answerLines(os.Stdin, os.Stdout, judgeLine)
		},
	}
}

// answerLines answers several lines at once: much of the time goes into waiting, here
// for informers.
func answerLines(in io.Reader, out io.Writer, answer func([]byte) []byte) error {
	type slot struct {
		line   []byte
		answer chan []byte
	}
	slots := make(chan *slot, 64)
	work := make(chan *slot)
	var workers sync.WaitGroup
	for range 8 * runtime.GOMAXPROCS(0) {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for s := range work {
				s.answer <- answer(s.line)
			}
		}()
	}
	readErr := make(chan error, 1)
	go func() {
		reader := bufio.NewReaderSize(in, 1<<20)
		for {
			line, err := reader.ReadBytes('\n')
			if len(line) > 1 {
				s := &slot{line: line, answer: make(chan []byte, 1)}
				slots <- s
				work <- s
			}
			if err != nil {
				if err == io.EOF {
					err = nil
				}
				readErr <- err
				close(work)
				close(slots)
				return
			}
		}
	}()
	writer := bufio.NewWriter(out)
	for s := range slots {
		if _, err := writer.Write(append(<-s.answer, '\n')); err != nil {
			return err
		}
		if err := writer.Flush(); err != nil {
			return err
		}
	}
	workers.Wait()
	return <-readErr
}

func judgeLine(line []byte) (result []byte) {
	var a answer
	defer func() {
		if r := recover(); r != nil {
			a = answer{Error: fmt.Sprintf("panic: %v", r), Nodes: map[string]node{}}
		}
		result, _ = json.Marshal(a)
	}()
	var q question
	if err := json.Unmarshal(line, &q); err != nil {
		a.Error = "not read: " + err.Error()
		return
	}
	a = judge(q)
	return
}

// objects drops what the scheduler's informers would not deliver: the fake client
// ignores field selectors.
func objects(q question) ([]kruntime.Object, *v1.Pod, error) {
	var all []kruntime.Object
	var target *v1.Pod
	decoder := scheme.Codecs.UniversalDeserializer()
	for _, raw := range q.Objects {
		object, _, err := decoder.Decode(raw, nil, nil)
		if err != nil {
			return nil, nil, err
		}
		if pod, ok := object.(*v1.Pod); ok {
			if pod.Status.Phase == v1.PodSucceeded || pod.Status.Phase == v1.PodFailed {
				continue
			}
			if pod.Spec.SchedulerName == "" {
				pod.Spec.SchedulerName = v1.DefaultSchedulerName
			}
			if pod.Namespace == q.Target.Namespace && pod.Name == q.Target.Name {
				target = pod
			}
		}
		all = append(all, object)
	}
	if target == nil {
		return nil, nil, errors.New("the target is none of the objects")
	}
	return all, target, nil
}

func judge(q question) answer {
	a := answer{Nodes: map[string]node{}}
	all, target, err := objects(q)
	if err != nil {
		a.Error = "not read: " + err.Error()
		return a
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	client := fake.NewSimpleClientset(all...)
	informers := scheduler.NewInformerFactory(client, 0, nil)
	recorder := profile.RecorderFactory(func(string) events.EventRecorderLogger { return &events.FakeRecorder{} })
	sched, err := scheduler.New(ctx, client, informers, nil, recorder, scheduler.WithPercentageOfNodesToScore(all100()))
	if err != nil {
		a.Error = "scheduler: " + err.Error()
		return a
	}
	informers.Start(ctx.Done())
	informers.WaitForCacheSync(ctx.Done())
	if err := sched.WaitForHandlersSync(ctx); err != nil {
		a.Error = "handlers: " + err.Error()
		return a
	}
	pod, err := client.CoreV1().Pods(target.Namespace).Get(ctx, target.Name, metav1.GetOptions{})
	if err != nil {
		a.Error = err.Error()
		return a
	}
	frame := sched.Profiles[v1.DefaultSchedulerName]
	state := framework.NewCycleState()
	// Since 1.37 the cycle brings the snapshot up to date before it asks for a node.
	snapshot, ok := frame.SnapshotSharedLister().(*cache.Snapshot)
	if !ok {
		a.Error = "the scheduler's snapshot has another type"
		return a
	}
	if err := sched.Cache.UpdateSnapshot(klog.FromContext(ctx), snapshot); err != nil {
		a.Error = err.Error()
		return a
	}
	info, err := framework.NewPodInfo(pod)
	if err != nil {
		a.Error = err.Error()
		return a
	}
	_, scheduleErr := sched.SchedulePod(ctx, frame, state, &framework.QueuedPodInfo{PodInfo: info})
	a.filter(ctx, frame, pod)
	if q.Bench > 0 {
		a.Micros = bench(ctx, frame, pod, q.Bench)
	}
	var fitError *framework.FitError
	switch {
	case errors.As(scheduleErr, &fitError):
		_, status := frame.RunPostFilterPlugins(ctx, state, pod, fitError.Diagnosis.NodeToStatus)
		fitError.Diagnosis.PostFilterMsg = status.Message()
		a.Message = fitError.Error()
	case scheduleErr != nil:
		a.Error = scheduleErr.Error()
	}
	return a
}

func all100() *int32 {
	hundred := int32(100)
	return &hundred
}

// filter runs PreFilter, the filters on every node, and the scores.
func (a *answer) filter(ctx context.Context, frame framework.Framework, pod *v1.Pod) {
	state := framework.NewCycleState()
	result, status, _ := frame.RunPreFilterPlugins(ctx, state, pod)
	if !status.IsSuccess() {
		a.PreFilter = &preFilter{Code: status.Code().String(), Plugin: status.Plugin(), Message: status.Message()}
		return
	}
	infos, err := frame.SnapshotSharedLister().NodeInfos().List()
	if err != nil {
		a.Error = err.Error()
		return
	}
	var feasible []fwk.NodeInfo
	for _, info := range infos {
		name := info.Node().Name
		if !result.AllNodes() && !result.NodeNames.Has(name) {
			a.Nodes[name] = node{Code: "PreFilterRestricted"}
			continue
		}
		status := frame.RunFilterPluginsWithNominatedPods(ctx, state, pod, info)
		if status.IsSuccess() {
			a.Nodes[name] = node{Fits: true}
			feasible = append(feasible, info)
			continue
		}
		a.Nodes[name] = node{Code: status.Code().String(), Plugin: status.Plugin(), Reasons: status.Reasons()}
	}
	if len(feasible) == 0 || !frame.RunPreScorePlugins(ctx, state, pod, feasible).IsSuccess() {
		return
	}
	scores, status := frame.RunScorePlugins(ctx, state, pod, feasible)
	if !status.IsSuccess() {
		return
	}
	best := int64(-1)
	for _, score := range scores {
		total := score.TotalScore
		scored := node{Fits: true, Total: &total, Scores: map[string]int64{}}
		for _, plugin := range score.Scores {
			scored.Scores[plugin.Name] = plugin.Score
		}
		a.Nodes[score.Name] = scored
		if total > best {
			best, a.Chosen = total, nil
		}
		if total == best {
			a.Chosen = append(a.Chosen, score.Name)
		}
	}
}

// bench takes the time of PreFilter and the filters on every node, as the cycle runs
// them: in parallel.
func bench(ctx context.Context, frame framework.Framework, pod *v1.Pod, rounds int) int64 {
	infos, err := frame.SnapshotSharedLister().NodeInfos().List()
	if err != nil {
		return 0
	}
	best := time.Hour
	for range rounds {
		start := time.Now()
		state := framework.NewCycleState()
		if _, status, _ := frame.RunPreFilterPlugins(ctx, state, pod); status.IsSuccess() {
			frame.Parallelizer().Until(ctx, len(infos), func(at int) {
				frame.RunFilterPluginsWithNominatedPods(ctx, state, pod, infos[at])
			}, "bench")
		}
		best = min(best, time.Since(start))
	}
	return best.Microseconds()
}
