<?php

/**
 * The parts of the license room, each made once and only when somebody needs it.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\License;

use Keydesk\Bridge\Client\Api;
use Keydesk\Bridge\Client\Transport;
use Keydesk\Bridge\Site\Config;
use Keydesk\Bridge\Site\Identity;
use Keydesk\Bridge\Site\Queue;
use Keydesk\Bridge\Site\Store;

final class Room
{
	private Config $config;

	private Store $store;

	private Identity $identity;

	private Queue $queue;

	/** @var callable(): Transport */
	private $transport;

	private string $pluginVersion;

	private ?Trust $trust = null;

	private ?Leases $leases = null;

	private ?Api $api = null;

	private ?Seat $seat = null;

	private ?Licensing $licensing = null;

	/**
	 * @param array<string, object> $ground config, store, identity, queue
	 * @param callable(): Transport $transport
	 */
	public function __construct(array $ground, callable $transport, string $pluginVersion)
	{
		$this->config = $ground['config'];
		$this->store = $ground['store'];
		$this->identity = $ground['identity'];
		$this->queue = $ground['queue'];
		$this->transport = $transport;
		$this->pluginVersion = $pluginVersion;
	}

	public function trust(): Trust
	{
		return $this->trust ?? $this->trust = new Trust($this->config, $this->store);
	}

	public function leases(): Leases
	{
		return $this->leases ?? $this->leases = new Leases($this->config, $this->store, $this->trust());
	}

	public function api(): Api
	{
		return $this->api ?? $this->api = new Api(
			($this->transport)(),
			array($this->trust(), 'keys'),
			$this->config->text('product_key')
		);
	}

	public function seat(): Seat
	{
		return $this->seat ?? $this->seat = new Seat(
			$this->store,
			$this->identity,
			$this->leases(),
			$this->trust(),
			$this->pluginVersion
		);
	}

	public function licensing(): Licensing
	{
		return $this->licensing ?? $this->licensing = new Licensing(
			$this->parts() + array('leases' => $this->leases()),
			$this->config->text('bridge_version')
		);
	}

	public function moving(): Moving
	{
		return new Moving($this->parts());
	}

	public function keyMail(): KeyMail
	{
		return new KeyMail($this->store, $this->identity, $this->api(), $this->licensing());
	}

	/** @return array<string, object> */
	private function parts(): array
	{
		return array(
			'store' => $this->store,
			'identity' => $this->identity,
			'api' => $this->api(),
			'seat' => $this->seat(),
			'trust' => $this->trust(),
			'queue' => $this->queue,
		);
	}
}
