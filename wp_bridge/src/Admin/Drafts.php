<?php

/**
 * A question before it is sent: its text, its files, and the diagnostics exactly as they were shown.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Admin;

use Keydesk\Bridge\Site\Consent;
use Keydesk\Bridge\Site\Diagnostics;
use Keydesk\Bridge\Site\Store;
use Keydesk\Bridge\Support\Attachments;

final class Drafts
{
	private const FIELDS = array('type', 'subject', 'body', 'email', 'shared', 'from');

	private Store $store;

	private Diagnostics $diagnostics;

	private Attachments $attachments;

	/** @var callable(string): array<string, string> */
	private $product;

	private string $folder;

	/** @param callable(string): array<string, string> $product rows about the plugin, given the screen */
	public function __construct(
		Store $store,
		Diagnostics $diagnostics,
		Attachments $attachments,
		callable $product,
		string $folder
	) {
		$this->store = $store;
		$this->diagnostics = $diagnostics;
		$this->attachments = $attachments;
		$this->product = $product;
		$this->folder = $folder;
	}

	/** @return array{id: string, sections: array<string, array<string, mixed>>, removed: int} */
	public function preview(int $user, string $from): array
	{
		$found = $this->diagnostics->collect(($this->product)($from), $this->folder);
		$id = substr(hash('sha256', $user . (string) wp_json_encode($found)), 0, 32);
		$this->store->remember('preview_' . $id, $found + array('user' => $user), HOUR_IN_SECONDS);
		return array('id' => $id) + $found;
	}

	/** @return array<string, mixed>|null a preview shown before; no new look at the site */
	public function shown(string $id, int $user): ?array
	{
		$found = preg_match('/^[0-9a-f]{32}$/D', $id) === 1 ? $this->store->recall('preview_' . $id) : null;
		return $found !== null && $found['user'] === $user ? array('id' => $id) + $found : null;
	}

	/**
	 * @param array<int, string> $sections the ones left switched on
	 * @return array<string, mixed>|string the bytes that were shown, or a code
	 */
	public function chosen(string $id, array $sections, int $user)
	{
		if ($id === '' || $sections === array()) {
			return array();
		}
		$shown = $this->shown($id, $user);
		if ($shown === null) {
			return 'preview_gone';
		}
		return array_filter(array_intersect_key($shown['sections'], array_flip($sections)));
	}

	/**
	 * @param array<int, array<string, mixed>> $uploads
	 * @param array<int, string> $ids files that were taken over before
	 * @return array<int, array<string, mixed>>|string the files, or a code
	 */
	public function files(array $uploads, array $ids, int $user)
	{
		if (count($uploads) + count($ids) > Attachments::MOST) {
			return 'attachment_count';
		}
		$files = array();
		foreach ($ids as $id) {
			$files[] = $this->attachments->reserved($id, $user);
		}
		foreach ($uploads as $upload) {
			$file = $this->attachments->accept($upload);
			if (is_string($file)) {
				return $file;
			}
			$this->attachments->reserve($file, $user);
			$files[] = $file;
		}
		return in_array(null, $files, true) ? 'attachment_failed' : $files;
	}

	/** Pressing Send is the consent to support; the sentence stands beside the button. */
	public function consent(int $user, int $now): void
	{
		(new Consent($this->store))->give('support', $user, $now);
	}

	/** @param array<string, mixed> $input */
	public function keep(int $user, array $input): void
	{
		$this->store->saveDraft($user, array_intersect_key($input, array_flip(self::FIELDS)));
	}

	public function clear(int $user): void
	{
		$this->store->saveDraft($user, null);
	}

	/** @return array<string, mixed> */
	public function kept(int $user): array
	{
		return $this->store->draft($user);
	}
}
