# SPDX-License-Identifier: MIT
"""The main job on one volume: plan, provision, ask, stop and resume, roll back, and the proof of each."""

import daemon_job
from descriptors import Comparison, differences, digest
from program import phases
from report import number, say

VERDICTS = ("readable", "covered", "pending", "denied", "skipped", "drifted", "failed", "unknown")
KILLS = 3


class Volume:
    """What the job needs to know of a volume; made by image_job and wine_job.

    principal, roots, samples   {verdict: path}, one path each for `readable`, `covered`, `denied`, `skipped`
    program()                   a Program on this volume and its ledger
    folder, environment         for what runs beside; daemon_command() starts the daemon, which answers at `endpoint`
    forget_ledger()             as if acledger had never run here
    snapshot()                  {object: its descriptor, as an independent look finds it}
    descriptor(value)           the bytes in a value of the snapshot; parse(bytes) takes them apart
    """

    def audit(self, report, when):
        """A judge of its own of the whole volume, where there is one."""

    def move_in(self, report, daemon):
        """Where others write while the daemon runs: a file is moved into a root, and is covered soon."""


def run(report, volume, least_granted):
    with report.step(f"{volume.name}: look at every descriptor") as step:
        before = volume.snapshot()
        step.figure = f"{number(len(before))} objects, digest {digest(before)}"
    volume.audit(report, "before")
    plan(report, volume, before)
    undisturbed = provision(report, volume, before, least_granted)
    ask(report, volume)
    provision_again(report, volume, undisturbed)
    volume.audit(report, "after provisioning")
    roll_back(report, volume, before, "roll back")
    volume.audit(report, "after the rollback")
    stop_and_resume(report, volume, before, undisturbed)
    roll_back(report, volume, before, "roll back the resumed run")
    daemon_job.run(report, volume, before, undisturbed, grant_words)
    volume.audit(report, "after the daemon")


class Provisioned:
    """How an undisturbed run ended."""

    def __init__(self, answer, status, snapshot):
        self.applying = {name: seconds for name, seconds in phases(answer.times).items() if name.startswith("applying")}
        self.changes = answer.json["changes"]
        self.status = status
        self.snapshot = snapshot


def grant_words(volume, command):
    words = [command, "--principal", volume.principal]
    for root in volume.roots:
        words += ["--root", root]
    return words


def counts_text(counts):
    return ", ".join(f"{number(counts[verdict])} {verdict}" for verdict in VERDICTS if counts[verdict])


def expect_sum(step, counts, where):
    total = sum(counts[verdict] for verdict in VERDICTS)
    step.expect(total == counts["objects"], f"{where}: the verdicts sum to {total}, not to {counts['objects']} objects")


def plan(report, volume, before):
    with report.step(f"{volume.name}: plan") as step:
        answer = volume.program().run(*grant_words(volume, "plan"), "--json").json
        step.require(answer["changes"] > 0, "the plan has nothing to write")
        step.expect(volume.snapshot() == before, "planning changed a descriptor")
        step.figure = f"{number(answer['changes'])} writes planned, none made"


def provision(report, volume, before, least_granted):
    with report.step(f"{volume.name}: provision") as step:
        answer = volume.program().run(*grant_words(volume, "provision"), "--json", codes=(0, 1))
        status = volume.program().run("status", "--json").json
        expect_sum(step, status, "status")
        for root in status["roots"]:
            expect_sum(step, root, root["path"])
        left = {verdict: status[verdict] for verdict in ("pending", "drifted", "failed", "unknown") if status[verdict]}
        step.expect(not left, f"not converged: {left}")
        done = Provisioned(answer, status, volume.snapshot())
        step.require(done.changes >= least_granted, f"{done.changes} objects granted, expected {least_granted} or more")
        step.figure = (f"{number(done.changes)} descriptors written, {number(int(done.changes / answer.seconds))} a "
                       f"second; {number(status['objects'])} objects: {counts_text(status)}")
    with report.step(f"{volume.name}: only our entries were added") as step:
        comparison = Comparison(volume.principal, volume.parse)
        for key in before.keys() | done.snapshot.keys():
            step.require(key in before and key in done.snapshot, f"{key} is new or gone")
            comparison.add(key, volume.descriptor(before[key]), volume.descriptor(done.snapshot[key]))
        step.expect(not comparison.wrong, f"{len(comparison.wrong)} changed otherwise, such as {comparison.wrong[:3]}")
        step.expect(comparison.granted == done.changes,
                    f"{comparison.granted} descriptors differ, {done.changes} changes were reported")
        step.figure = (f"{number(comparison.granted)} have our entry and nothing else changed, "
                       f"{number(comparison.unchanged)} are as before")
    return done


def ask(report, volume):
    program = volume.program()
    with report.step(f"{volume.name}: status and coverage") as step:
        say(program.run("status").text)
        for root in volume.roots:
            coverage = program.run("coverage", root, "--json").json["coverage"]
            step.expect(len(coverage) == 1, f"coverage of {root} has {len(coverage)} answers")
            expect_sum(step, coverage[0], f"coverage of {root}")
        say(program.run("coverage", volume.roots[0]).text)
        step.figure = f"sums agree below {len(volume.roots)} roots"
    with report.step(f"{volume.name}: explain") as step:
        for verdict, path in volume.samples.items():
            say(program.run("explain", path).text)
            answers = program.run("explain", path, "--json").json["grants"]
            step.require(len(answers) == 1, f"{path}: {len(answers)} answers, expected 1")
            found = answers[0]
            step.expect(found["verdict"] == verdict, f"{path} is {found['verdict']}, expected {verdict}")
            granted = found.get("now", {}).get("granted")
            step.expect(granted is (verdict in ("readable", "covered")), f"{path}: access now is {granted}")
        step.figure = ", ".join(f"{path} is {verdict}" for verdict, path in volume.samples.items())


def provision_again(report, volume, undisturbed):
    with report.step(f"{volume.name}: provision again") as step:
        answer = volume.program().run(*grant_words(volume, "provision"), "--json", codes=(0, 1))
        step.expect(answer.json["changes"] == 0, f"{answer.json['changes']} descriptors written, expected none")
        status = volume.program().run("status", "--json").json
        step.expect(status == undisturbed.status, "status has changed")
        step.expect(volume.snapshot() == undisturbed.snapshot, "a descriptor has changed")
        step.figure = f"no write, in {answer.seconds:.1f} s"


def roll_back(report, volume, before, name):
    with report.step(f"{volume.name}: {name}") as step:
        answer = volume.program().run("rollback", "--all", "--json")
        said = answer.json
        for count in ("drifted", "failed", "remaining"):
            step.expect(said[count] == 0, f"{said[count]} {count}")
        wrong = differences(before, volume.snapshot())
        step.expect(not wrong, f"{len(wrong)} objects differ from before, such as {sorted(wrong)[:3]}")
        step.figure = (f"{number(said['restored'])} restored, {said['remaining']} entries remain; all "
                       f"{number(len(before))} objects {volume.exactness}")


def kill_often(volume, before, undisturbed):
    """Kills one provisioning again and again while it writes; how many objects the volume held as written each time."""
    moments = []
    phase = max(undisturbed.applying, key=undisturbed.applying.get)
    pause = undisturbed.applying[phase] / (KILLS + 1)
    for _ in range(KILLS):
        if not volume.program().kill_in(phase, pause, *grant_words(volume, "provision")):
            break
        written = len(differences(descriptors_of(volume, before), descriptors_of(volume, volume.snapshot())))
        covered = volume.program().run("status", "--json").json["covered"]
        say(f"killed while {phase}: {number(written)} of {number(undisturbed.changes)} are written, the ledger knows "
            f"of {number(covered)} objects as covered")
        if 0 < written < undisturbed.changes:
            moments.append(written)
    return moments


def stop_and_resume(report, volume, before, undisturbed):
    with report.step(f"{volume.name}: kill -9 and resume") as step:
        volume.forget_ledger()
        moments = kill_often(volume, before, undisturbed)
        step.require(moments, "no run was killed in the middle of its writes")
        answer = volume.program().run(*grant_words(volume, "provision"), "--json", codes=(0, 1)).json
        status = volume.program().run("status", "--json").json
        step.expect(status == undisturbed.status, "status is not that of the undisturbed run")
        wrong = differences(descriptors_of(volume, undisturbed.snapshot), descriptors_of(volume, volume.snapshot()))
        step.expect(not wrong, f"{len(wrong)} descriptors are not those of the undisturbed run, such as {wrong[:3]}")
        step.figure = (f"killed with {', '.join(number(moment) for moment in moments)} of "
                       f"{number(undisturbed.changes)} written; the last run wrote {number(answer['changes'])}; status "
                       "and descriptors as undisturbed")


def descriptors_of(volume, snapshot):
    return {key: volume.descriptor(value) for key, value in snapshot.items()}
