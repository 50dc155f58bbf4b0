"""What the asker has read is told to the server: once, by nobody else, and without a word when it fails."""

import json
from typing import Any

import pytest

from tests.wp_bridge.boot.site import WordPress
from tests.wp_bridge.site.wp_users import run_inside

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("bridge_site")]

# A server at the end of the seam: a thread by user 1 with what `$answers` says, and `$reply` to "seen".
SCENE = """
use Acme\\Keydesk\\Bridge\\Site as S, Acme\\Keydesk\\Bridge\\Client as C, Acme\\Keydesk\\Bridge\\Support as T;
final class ServerAtHand implements C\\Transport {
    public $told = array(); public $answers = array(); public $reply = 204; public $ref = '';
    public function send(C\\Request $request): C\\Response {
        if ($request->method() === 'POST') {
            $this->told[] = $request->path() . ' ' . $request->body();
            if ($this->reply === 0) { throw new C\\Unreachable('no_answer'); }
            return new C\\Response($this->reply, array(), $this->reply === 204 ? '' : '{"code":"not_found"}');
        }
        $messages = array();
        foreach ($this->answers as $id => $kind) {
            $messages[] = array('message_id' => $id, 'author' => array('kind' => $kind), 'body' => 'x');
        }
        return new C\\Response(200, array(), json_encode(array('ticket_id' => 'tkt_seen', 'shared' => true,
            'user_ref' => $this->ref, 'last_at' => '2026-11-21T12:00:00Z', 'messages' => $messages)));
    }
}
$n = new S\\Names('acme-gallery'); $s = new S\\Store($n); $i = new S\\Identity($s); $kept = array();
foreach (array('credentials', 'help', 'state') as $r) { $kept[$r] = $s->read($r); }
$s->merge('credentials', array('token' => 'kdt_x'));
$server = new ServerAtHand(); $server->ref = $i->userRef(1);
$queue = new S\\Queue($s, $i, new S\\Ticker($s, $n));
$api = new C\\Api($server, fn() => new C\\Keys(array()), 'kdp_x');
$tickets = new T\\Tickets($api, $queue, new T\\Attachments($s), $s, $i);
$look = fn(int $user) => $tickets->thread('tkt_seen', $user)->isDone();
$said = null; try { %s; $said = array($server->told, count($queue->items())); } finally {
    foreach ($kept as $r => $data) { $s->write($r, $data); }
    foreach (array('thread_tkt_seen', 'told_tkt_seen') as $name) { $s->forget($name); }
} echo json_encode($said);
"""
FIRST = '/v1/tickets/tkt_seen/seen {"message_id":"msg_2"}'
SECOND = '/v1/tickets/tkt_seen/seen {"message_id":"msg_4"}'
ASKED = "$server->answers = array('msg_1' => 'user', 'msg_2' => 'agent', 'msg_3' => 'user');"


def told(site: WordPress, acts: str) -> list[str]:
    said: list[Any] = json.loads(run_inside(site, SCENE.strip().replace("%s", acts)))
    assert said[1] == 0, "politeness is never queued"
    return [str(each) for each in said[0]]


def test_each_new_answer_is_told_once(site: WordPress) -> None:
    acts = "$look(1); $look(1); $server->answers['msg_4'] = 'agent'; $look(1); $look(1)"
    assert told(site, ASKED + acts) == [FIRST, SECOND]


def test_a_thread_without_an_answer_tells_nothing(site: WordPress) -> None:
    assert told(site, "$server->answers = array('msg_1' => 'user'); $look(1)") == []


def test_a_colleagues_look_does_not_keep_the_mail_from_the_asker(site: WordPress) -> None:
    assert told(site, f"{ASKED} if (!$look(2)) {{ exit('the colleague may read'); }}") == []


def test_a_failure_is_silent_and_told_again_by_the_next_look(site: WordPress) -> None:
    fails = "$server->reply = 0; if (!$look(1)) { exit('the thread is shown'); }"
    assert told(site, f"{ASKED} {fails} $server->reply = 204; $look(1); $look(1)") == [FIRST, FIRST]


def test_a_refusal_is_final(site: WordPress) -> None:
    assert told(site, f"{ASKED} $server->reply = 404; $look(1); $look(1)") == [FIRST]
