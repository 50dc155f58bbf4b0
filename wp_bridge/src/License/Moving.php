<?php

/**
 * The site's address has changed: a test copy helps itself, otherwise a person says what happened (protocols.md 2.5).
 */

declare(strict_types=1);

namespace Keydesk\Bridge\License;

use Keydesk\Bridge\Client\Api;
use Keydesk\Bridge\Client\Outcome;
use Keydesk\Bridge\Site\Environment;
use Keydesk\Bridge\Site\Identity;
use Keydesk\Bridge\Site\Queue;
use Keydesk\Bridge\Site\Store;

final class Moving
{
	public const CHOICES = array('moved', 'copy', 'separate');

	private const AGAIN = 86400;

	private Store $store;

	private Identity $identity;

	private Api $api;

	private Seat $seat;

	private Trust $trust;

	private Queue $queue;

	/** @param array<string, object> $parts store, identity, api, seat, trust, queue */
	public function __construct(array $parts)
	{
		$this->store = $parts['store'];
		$this->identity = $parts['identity'];
		$this->api = $parts['api'];
		$this->seat = $parts['seat'];
		$this->trust = $parts['trust'];
		$this->queue = $parts['queue'];
	}

	/** The tick compares addresses, and is sure after ten minutes: nobody is there to be asked. */
	public function watch(int $now): void
	{
		if ($this->seat->token() !== '') {
			$this->mark($this->identity->hasMoved($now), $now);
		}
	}

	/** A person looks at the own screen: what it asks must be true now, after a change and after its undoing. */
	public function look(int $now): void
	{
		if ($this->seat->token() !== '') {
			$this->identity->hasMoved($now); // the tick's ten minutes begin
			$this->mark($this->identity->isElsewhere(), $now);
		}
	}

	/** A site that came back asks the server at once. */
	private function mark(bool $hasMoved, int $now): void
	{
		$moved = $this->store->read('state')['moved'] ?? '';
		if ($hasMoved && $moved !== 'here') {
			$this->store->merge('state', array('moved' => 'here', 'check' => $now));
		} elseif ($moved === 'here' && !$this->identity->isElsewhere()) {
			$this->store->merge('state', array('moved' => null, 'check' => $now));
		}
	}

	/** An address that takes no seat needs no question: the tick connects the copy under a number of its own. */
	public function connectCopy(int $now): void
	{
		$isCopy = $this->seat->token() !== '' && $this->identity->hasMoved($now)
			&& Environment::isUncounted($this->identity->home());
		$refused = (int) ($this->store->read('lease')['copied'] ?? 0);
		if (!$isCopy || $now - $refused < self::AGAIN) {
			return;
		}
		$outcome = isset($this->seat->credentials()['key']) ? $this->activateCopy($now) : $this->resolve('separate', false, $now);
		$this->store->merge('lease', array('copied' => $outcome->isRefused() ? $now : null));
	}

	/**
	 * What a person said about the new address.
	 *
	 * @param string $choice one of CHOICES
	 * @param bool $sure the old address was seen lately and it is a move all the same
	 */
	public function resolve(string $choice, bool $sure, int $now): Outcome
	{
		$token = $this->seat->token();
		if ($token === '') {
			return Outcome::refused(409, array('code' => 'not_connected'));
		}
		$uid = $choice === 'moved' ? '' : Identity::fresh();
		$facts = array_filter(array(
			'site_url' => $this->identity->url(),
			'environment' => Environment::type(),
			'resolution' => $choice,
			'site_uid_new' => $uid,
			'confirm' => $sure,
		));
		$outcome = $this->api->resolve($token, $facts, wp_generate_uuid4(), $this->trust->replyTime($now));
		$this->seat->heed($outcome);
		$settled = $this->seat->settle($outcome, (string) ($this->seat->credentials()['key'] ?? ''), $uid, $now);
		if ($settled->isDone() && $choice === 'moved') {
			$this->queue->bringHome();
		}
		if ($settled->isDone() && $choice === 'separate') {
			$this->queue->clear();
		}
		return $settled;
	}

	/** A code that takes the seat along to another site, good once; the site keeps its license until then. */
	public function transfer(int $now): Outcome
	{
		$held = $this->seat->credentials();
		if (!isset($held['token'], $held['activation'])) {
			return Outcome::refused(409, array('code' => 'not_connected'));
		}
		if ($this->identity->isElsewhere()) {
			return Outcome::refused(409, array('code' => 'site_changed')); // the place is the old address'
		}
		$known = $this->trust->replyTime($now);
		$outcome = $this->api->transfer($held['token'], $held['activation'], wp_generate_uuid4(), $known);
		$this->seat->heed($outcome);
		return $outcome;
	}

	private function activateCopy(int $now): Outcome
	{
		$held = $this->seat->credentials();
		$uid = Identity::fresh();
		$facts = array('license_key' => $held['key'], 'site_uid' => $uid, 'copy_of' => $held['activation'])
			+ $this->seat->beginning();
		$outcome = $this->api->activate($facts, wp_generate_uuid4(), $this->trust->replyTime($now));
		return $this->seat->settle($outcome, $held['key'], $uid, $now);
	}
}
