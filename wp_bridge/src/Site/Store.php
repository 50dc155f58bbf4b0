<?php

/**
 * The only reader and writer of what the bridge keeps in the site: a closed list of records with caps.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Site;

final class Store
{
	/** Record to its cap in bytes. Only `state` is autoloaded, so it stays small and holds no secret. */
	private const CAPS = array(
		'state' => 1024,
		'site' => 4096,
		'credentials' => 2048,
		'lease' => 10240,
		'help' => 47104,
		'queue' => 98304,
		'net' => 6144,
	);

	private const FLAGS = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_LINE_TERMINATORS;

	private Names $names;

	private bool $isNetworkWide;

	private int $blog;

	private int $depth = 0;

	private ?Options $options = null;

	public function __construct(Names $names, bool $isNetworkWide = false)
	{
		$this->names = $names;
		$this->isNetworkWide = $isNetworkWide;
		$this->blog = get_current_blog_id();
	}

	/** Whether the records are the whole network's. */
	public function isForNetwork(): bool
	{
		return $this->options()->areOfNetwork();
	}

	/**
	 * A network has one set of records, unless its license wants each site to have its own (`apart`): then those
	 * of the network are the main site's.
	 */
	private function options(): Options
	{
		if ($this->options === null) {
			$this->options = new Options($this->isNetworkWide);
			if ($this->isNetworkWide && !is_main_site() && isset($this->read('state')['apart'])) {
				$this->options = new Options(false);
			}
		}
		return $this->options;
	}

	private function isElsewhere(): bool
	{
		return !$this->isForNetwork() && get_current_blog_id() !== $this->blog;
	}

	/** Makes the records that are missing: a missing option costs a query on each page. */
	public function create(): void
	{
		foreach (array_keys(self::CAPS) as $record) {
			$this->options()->add($this->names->key($record), '{"v":1}', $record === 'state');
		}
	}

	/** @return array<string, mixed> */
	public function read(string $record): array
	{
		$this->cap($record);
		if ($this->isElsewhere()) {
			return array();
		}
		$data = json_decode((string) $this->options()->get($this->names->key($record)), true, 32);
		return is_array($data) ? $data : array();
	}

	/**
	 * Writes a record whole; never when nothing changed.
	 *
	 * @param array<string, mixed> $data
	 * @return bool false when it does not fit or the site did not take it
	 */
	public function write(string $record, array $data): bool
	{
		$text = (string) json_encode(array('v' => 1) + $data, self::FLAGS | JSON_THROW_ON_ERROR);
		if (strlen($text) > $this->cap($record) || $this->isElsewhere()) {
			return false;
		}
		$option = $this->names->key($record);
		$autoload = $record === 'state';
		if ($this->options()->get($option) === $text || $this->options()->update($option, $text, $autoload)) {
			return true;
		}
		// A database of three-byte letters refuses emoji: plain ASCII says the same.
		$ascii = (string) json_encode(json_decode($text, true), JSON_THROW_ON_ERROR);
		return $this->options()->get($option) === $ascii || $this->options()->update($option, $ascii, $autoload);
	}

	/** @param array<string, mixed> $changes null takes a field out */
	public function merge(string $record, array $changes): bool
	{
		return $this->alone($record, function () use ($record, $changes): bool {
			$data = array_filter(
				array_merge($this->read($record), $changes),
				static function ($value): bool {
					return $value !== null;
				}
			);
			return $this->write($record, $data);
		});
	}

	/**
	 * Runs a short change on the record as it stands now. The tick waits for the server while a person
	 * files a ticket: without this, what one of them read before would overwrite what the other wrote.
	 * Each copy locks its own BUILD.json, a file that nobody reads at run time (on Windows a lock keeps
	 * readers out); where locks do not work, the fresh read still makes the gap small.
	 *
	 * @return mixed what the change returns
	 */
	public function alone(string $record, callable $change)
	{
		$file = dirname(__DIR__, 2) . '/BUILD.json';
		$handle = $this->depth === 0 && is_readable($file) ? fopen($file, 'rb') : false;
		if ($handle !== false) {
			flock($handle, LOCK_EX);
		}
		$this->depth++;
		try {
			$this->options()->refresh($this->names->key($record), $record === 'state');
			return $change();
		} finally {
			$this->depth--;
			if ($handle !== false) {
				flock($handle, LOCK_UN);
				fclose($handle);
			}
		}
	}

	/** Whether this process may work alone for a while; true at most once in $seconds. */
	public function lock(string $name, int $now, int $seconds): bool
	{
		$option = $this->names->key($name . '_lock');
		return $this->alone($name . '_lock', function () use ($option, $now, $seconds): bool {
			if ($this->options()->add($option, (string) ($now + $seconds), false)) {
				return true;
			}
			$until = (int) $this->options()->get($option);
			return $until < $now && $this->options()->update($option, (string) ($now + $seconds), false);
		});
	}

	public function unlock(string $name): void
	{
		$this->options()->delete($this->names->key($name . '_lock'));
	}

	/** Keeps something for a while where no record fits (previews, threads, counters). */
	public function remember(string $name, array $data, int $seconds): void
	{
		set_transient($this->names->key($name), (string) json_encode($data, self::FLAGS), $seconds);
	}

	/** @return array<string, mixed>|null */
	public function recall(string $name): ?array
	{
		$data = json_decode((string) get_transient($this->names->key($name)), true);
		return is_array($data) ? $data : null;
	}

	public function forget(string $name): void
	{
		delete_transient($this->names->key($name));
	}

	/** @param array<string, mixed>|null $draft null takes it away */
	public function saveDraft(int $user, ?array $draft): void
	{
		$key = $this->names->key('draft');
		if ($draft === null) {
			delete_user_meta($user, $key);
			return;
		}
		$text = (string) json_encode($draft, self::FLAGS);
		if (strlen($text) <= 49152) {
			update_user_meta($user, $key, wp_slash($text));
		}
	}

	/** @return array<string, mixed> */
	public function draft(int $user): array
	{
		$draft = json_decode((string) get_user_meta($user, $this->names->key('draft'), true), true);
		return is_array($draft) ? $draft : array();
	}

	/** Takes every trace out of the site, or out of the network with all its sites (uninstall). */
	public function erase(): void
	{
		if (is_multisite()) {
			$this->eraseFrom(new Options(true));
			foreach (get_sites(array('fields' => 'ids', 'number' => 10000)) as $blog) {
				switch_to_blog((int) $blog);
				$this->eraseFrom(new Options(false));
				restore_current_blog();
			}
		} else {
			$this->eraseFrom(new Options(false));
		}
		delete_metadata('user', 0, $this->names->key('draft'), '', true);
	}

	private function eraseFrom(Options $options): void
	{
		foreach (array_merge(array_keys(self::CAPS), array('tick_lock')) as $record) {
			$options->delete($this->names->key($record));
		}
		wp_clear_scheduled_hook($this->names->key('tick'));
	}

	private function cap(string $record): int
	{
		if (!isset(self::CAPS[$record])) {
			throw new \LogicException('no record ' . $record);
		}
		return self::CAPS[$record];
	}
}
