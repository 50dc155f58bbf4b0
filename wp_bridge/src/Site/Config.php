<?php

/**
 * The values that the builder wrote into config.php.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Site;

final class Config
{
	private const TEXTS = array(
		'server', 'tenant', 'product', 'product_key', 'slug', 'name', 'edition', 'bridge_version',
		'terms_url', 'privacy_url', 'docs_url',
	);

	/** @var array<string, string> */
	private array $texts = array();

	/** @var array<int, mixed> */
	private array $leaseKeys;

	/** @param array<string, mixed> $values */
	public function __construct(array $values)
	{
		foreach (self::TEXTS as $name) {
			if (!is_string($values[$name] ?? null)) {
				throw new \LogicException('config.php lacks ' . $name);
			}
			$this->texts[$name] = $values[$name];
		}
		$this->leaseKeys = is_array($values['lease_keys'] ?? null) ? $values['lease_keys'] : array();
	}

	/** Address of the server without a slash at its end. */
	public function server(): string
	{
		return rtrim($this->texts['server'], '/');
	}

	/** Host name of the server, as people should see it. */
	public function serverName(): string
	{
		$parts = parse_url($this->server());
		$port = isset($parts['port']) ? ':' . $parts['port'] : '';
		return ($parts['host'] ?? '') . $port;
	}

	public function slug(): string
	{
		return $this->texts['slug'];
	}

	public function name(): string
	{
		return $this->texts['name'];
	}

	/** One of the texts by its name in config.php. */
	public function text(string $name): string
	{
		return $this->texts[$name];
	}

	/** @return array<int, mixed> rows of {kid, public_key} */
	public function leaseKeys(): array
	{
		return $this->leaseKeys;
	}
}
