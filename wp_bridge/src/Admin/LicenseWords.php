<?php

/**
 * The license screen in sentences: why a license is in its state, when it ends, what a new address may mean.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Admin;

final class LicenseWords
{
	private Html $html;

	public function __construct(Html $html)
	{
		$this->html = $html;
	}

	/** What the state means and what to do; '' when there is nothing to say. */
	public function explained(string $state): string
	{
		$known = array(
			'stale' => __('The license server has not been reached for two weeks. Everything works on. Press “Check again” when the site is online.', 'keydesk-bridge'),
			'lapsed' => __('The license server has not been reached for four weeks. Press “Check again”.', 'keydesk-bridge'),
			'expired' => __('Nothing on your site is deleted or hidden. When you have renewed, press the button below.', 'keydesk-bridge'),
			'released' => __('The place of this site was released. Activate again to go on; what you have made is still here.', 'keydesk-bridge'),
			'site_mismatch' => __('The license that lies here was given to another address. Activate it for this one.', 'keydesk-bridge'),
			'suspended' => __('What you have made stays; new use of premium functions is off until it is settled.', 'keydesk-bridge'),
			'revoked' => __('What you have made stays; new use of premium functions is off.', 'keydesk-bridge'),
		);
		return $known[$state] ?? '';
	}

	/**
	 * Why and since when a license is revoked or suspended; '' for one that is neither, or when nobody told.
	 *
	 * @param mixed $stopped reason and since, as the server shows them with a license and with a refusal
	 */
	public function stopped(string $state, $stopped): string
	{
		$since = is_array($stopped) ? strtotime((string) ($stopped['since'] ?? '')) : false;
		$known = array('revoked' => self::revokedBecause(), 'suspended' => self::suspendedBecause())[$state] ?? array();
		if ($since === false || $known === array()) {
			return '';
		}
		return sprintf($known[(string) ($stopped['reason'] ?? '')] ?? $known['by_vendor'], $this->html->day($since));
	}

	/** @return array<string, string> */
	private static function revokedBecause(): array
	{
		return array(
			/* translators: %s: a date */
			'refunded' => __('This license was revoked on %s: the purchase was refunded.', 'keydesk-bridge'),
			/* translators: %s: a date */
			'disputed' => __('This license was revoked on %s: the payment was disputed.', 'keydesk-bridge'),
			/* translators: %s: a date */
			'plan_changed' => __('This license was revoked on %s: your bundle no longer includes this plugin.', 'keydesk-bridge'),
			/* translators: %s: a date */
			'by_vendor' => __('This license was revoked on %s: the seller took it back.', 'keydesk-bridge'),
		);
	}

	/** @return array<string, string> */
	private static function suspendedBecause(): array
	{
		return array(
			/* translators: %s: a date */
			'disputed' => __('This license has been suspended since %s: the payment is disputed.', 'keydesk-bridge'),
			/* translators: %s: a date */
			'by_vendor' => __('This license has been suspended since %s: the seller paused it.', 'keydesk-bridge'),
		);
	}

	/** The link to the customer's page, where a license is renewed. */
	public function renew(): string
	{
		return __('Renew the license', 'keydesk-bridge');
	}

	/** The link to the same page, where other sites are released. */
	public function makeRoom(): string
	{
		return __('See and release your sites', 'keydesk-bridge');
	}

	/** What to do with the code that takes the license along. */
	public static function code(): string
	{
		return __('Enter this code on the license screen of the other site within 24 hours. It works once; when it is used, this site gives its place away.', 'keydesk-bridge');
	}

	/** The old address is not dead: is it really a move? */
	public static function inUse(int $seen, int $now): string
	{
		if ($seen <= 0) {
			return __('The old address was in use during the last two days. Has the site really moved?', 'keydesk-bridge');
		}
		$hours = max(1, (int) round(($now - $seen) / 3600));
		return sprintf(
			/* translators: %s: number of hours */
			_n('The old address was in use %s hour ago. Has the site really moved?', 'The old address was in use %s hours ago. Has the site really moved?', $hours, 'keydesk-bridge'),
			number_format_i18n($hours)
		);
	}

	/** A name of the state that says more than its own word; '' when there is none. */
	public function named(bool $isCopyOver, bool $isUnpaid): string
	{
		if ($isCopyOver) {
			return __('The temporary copy has ended', 'keydesk-bridge');
		}
		return $isUnpaid ? __('Active, renewal unpaid', 'keydesk-bridge') : '';
	}

	/** A temporary copy: until when, and how it becomes a site that stays. */
	public function copy(int $until, int $now): string
	{
		if ($until <= $now) {
			/* translators: %s: a date */
			$over = __('The days of this temporary copy ended on %s. To keep this site, activate it with the license key; it takes a place then.', 'keydesk-bridge');
			return sprintf($over, $this->html->day($until));
		}
		/* translators: %s: a date */
		$good = __('This is a temporary copy: it works until %s and takes no place; the original keeps its license. To keep this site, release it and activate it with the license key.', 'keydesk-bridge');
		return sprintf($good, $this->html->day($until));
	}

	public function unpaid(int $until): string
	{
		/* translators: %s: a date */
		return sprintf(__('The renewal is unpaid. Everything works until %s; renew the license before that day.', 'keydesk-bridge'), $this->html->day($until));
	}

	/**
	 * When the license ends, or is paid again.
	 *
	 * @param int $late until when it works though its term is over; 0 when it is not, or does not work
	 */
	public function term(int $until, int $late, bool $renews, int $now): string
	{
		if ($until === 0) {
			return __('Without end', 'keydesk-bridge');
		}
		if ($late > 0) {
			/* translators: 1: a date, 2: a later date */
			$text = __('Ended on %1$s, works until %2$s', 'keydesk-bridge');
			return sprintf($text, $this->html->day($until), $this->html->day($late));
		}
		if ($until <= $now) {
			/* translators: %s: a date */
			return sprintf(__('Expired on %s', 'keydesk-bridge'), $this->html->day($until));
		}
		if ($renews) {
			/* translators: %s: a date */
			return sprintf(__('Renews by itself on %s', 'keydesk-bridge'), $this->html->day($until));
		}
		/* translators: %s: a date */
		return sprintf(__('Expires on %s', 'keydesk-bridge'), $this->html->day($until));
	}

	/** @return array<string, array<int, string>> choice to its name, what it does, and its button */
	public function choices(): array
	{
		return array(
			'moved' => array(
				__('This site has moved here', 'keydesk-bridge'),
				__('The old address is no longer used. The license comes along and takes no further place.', 'keydesk-bridge'),
				__('It has moved', 'keydesk-bridge'),
			),
			'copy' => array(
				__('This is a temporary copy', 'keydesk-bridge'),
				__('For a test or a rebuild. Works for 14 days and takes no place; the original keeps its license.', 'keydesk-bridge'),
				__('It is a copy', 'keydesk-bridge'),
			),
			'separate' => array(
				__('This is a new site of its own', 'keydesk-bridge'),
				__('Takes a place of the license. Drafts and waiting messages of the old site are removed here.', 'keydesk-bridge'),
				__('It is a new site', 'keydesk-bridge'),
			),
		);
	}
}
