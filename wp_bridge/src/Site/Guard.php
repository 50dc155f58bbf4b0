<?php

/**
 * The only place that adds hooks: whatever fails behind one never reaches the page.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Site;

final class Guard
{
	private const QUIET = 3600;

	private Store $store;

	/** @var array<string, int> */
	private array $failed = array();

	public function __construct(Store $store)
	{
		$this->store = $store;
	}

	/** @param callable $callback for a filter: an error returns the first argument as it came */
	public function on(string $hook, callable $callback, int $priority = 10, int $arguments = 1): void
	{
		$guarded = function (...$given) use ($hook, $callback) {
			try {
				return $callback(...$given);
			} catch (\Throwable $error) {
				$this->note($hook, $error);
				return $given[0] ?? null;
			}
		};
		add_filter($hook, $guarded, $priority, $arguments);
	}

	/** A hook for the time of one call; its callback may change its arguments in place. */
	public function during(string $hook, callable $callback, int $arguments): void
	{
		add_filter($hook, $callback, PHP_INT_MAX, $arguments);
	}

	public function after(string $hook, callable $callback): void
	{
		remove_filter($hook, $callback, PHP_INT_MAX);
	}

	/** An error that was caught and must not be lost. */
	public function note(string $hook, \Throwable $error): void
	{
		if (defined('KEYDESK_RETHROW') && KEYDESK_RETHROW) {
			throw $error;
		}
		if (defined('WP_DEBUG') && WP_DEBUG) {
			error_log(sprintf('%s in %s: %s', get_class($error), $hook, $error->getMessage()));
		}
		if ($this->failed === array()) {
			add_action('shutdown', array($this, 'report'));
		}
		$this->failed[$hook] = ($this->failed[$hook] ?? 0) + 1;
	}

	/** Writes the errors of this request down, at most once an hour. */
	public function report(): void
	{
		try {
			$now = time();
			$before = $this->store->read('net')['errors'] ?? array('at' => 0);
			if ($now - (int) $before['at'] >= self::QUIET) {
				$hooks = array_slice($this->failed, 0, 10, true);
				$this->store->merge('net', array('errors' => array('at' => $now, 'hooks' => $hooks)));
			}
		} catch (\Throwable $error) {
			unset($error); // The report of an error may not become one.
		}
	}
}
