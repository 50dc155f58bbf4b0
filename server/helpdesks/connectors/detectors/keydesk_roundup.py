"""Keydesk detector for Roundup: wakes Keydesk when an issue changes. Copy it into the tracker's `detectors`
folder and add to `detectors/config.ini`:  [keydesk]  url = <hook address>  secret = <whsec_...>
"""
# ruff: noqa: E401, I001, ARG001, BLE001, S310  one short file; the address is the admin's own setting

# fmt: off
import base64, hmac, json, logging, threading, time, urllib.request, uuid


def post(settings, event):  # type: ignore[no-untyped-def]  # Roundup's own style
    try:  # a lost wake-up is made good by Keydesk's regular look, so Roundup never waits or fails for it
        body, sent, name = json.dumps(event).encode(), str(int(time.time())), str(uuid.uuid4())
        key = base64.b64decode(settings["KEYDESK_SECRET"].removeprefix("whsec_"))
        mac = base64.b64encode(hmac.digest(key, f"{name}.{sent}.".encode() + body, "sha256")).decode()
        headers = {"Content-Type": "application/json", "webhook-id": name, "webhook-timestamp": sent,
                   "webhook-signature": "v1," + mac}
        request = urllib.request.Request(settings["KEYDESK_URL"], body, headers)
        urllib.request.urlopen(request, timeout=5).close()
    except Exception as error:
        logging.getLogger("roundup.keydesk").warning("Keydesk was not reached: %s", error)


def wake(db, cl, nodeid, oldvalues):  # type: ignore[no-untyped-def]
    issue = cl.getnode(nodeid)
    event = {"type": "changed", "issue": nodeid}
    event.update(activity=str(issue.activity), messages=list(issue.messages))
    threading.Thread(target=post, args=(db.config.detectors, event)).start()


def init(db):  # type: ignore[no-untyped-def]
    db.issue.react("create", wake)
    db.issue.react("set", wake)
